/// Refuses definitions that protobuf-c or the generated code could not carry safely.
///
/// Each problem names the place and says what to do.
struct SchemaLint {
    private let schema: Schema
    private var problems: [String] = []
    /// The codec's scan keeps a bit for each field of a message.
    private static let maximumFields = 64
    private var messages: [String: Schema.Message] = [:]
    private var enumerations: Set<String> = []

    /// The problems, empty when the schema is sound.
    static func problems(in schema: Schema) -> [String] {
        var lint = SchemaLint(schema)
        for file in schema.files { lint.check(file) }
        lint.checkRecursion()
        lint.checkMethodIDs()
        return lint.problems
    }

    private init(_ schema: Schema) {
        self.schema = schema
        for file in schema.files {
            for message in file.messages { messages[message.fullName] = message }
            for enumeration in file.enumerations { enumerations.insert("\(file.package).\(enumeration.name)") }
        }
    }

    private mutating func check(_ file: Schema.File) {
        if file.syntax != "proto3" { problems.append("\(file.name): use syntax = \"proto3\"") }
        for enumeration in file.enumerations { check(enumeration, file.package) }
        for message in file.messages { check(message) }
        for service in file.services {
            for method in service.methods { check(method, "\(service.fullName).\(method.name)") }
        }
    }

    private mutating func check(_ enumeration: Schema.Enumeration, _ package: String) {
        let place = "\(package).\(enumeration.name)"
        let prefix = Naming.enumerationPrefix(enumeration.name)
        if enumeration.values.first?.name != prefix + "UNSPECIFIED" || enumeration.values.first?.number != 0 {
            problems.append("\(place): the first value must be \(prefix)UNSPECIFIED = 0")
        }
        for value in enumeration.values where !value.name.hasPrefix(prefix) {
            problems.append("\(place): \(value.name) must begin with \(prefix)")
        }
        for (number, values) in Dictionary(grouping: enumeration.values, by: \.number) where values.count > 1 {
            problems.append("\(place): number \(number) has several names; aliases are not supported")
        }
    }

    private mutating func check(_ message: Schema.Message) {
        for nested in message.nestedTypes where !nested.isMapEntry {
            problems.append("\(message.fullName).\(nested.name): define it at the top level of the file")
        }
        if message.fields.count > Self.maximumFields {
            problems.append("\(message.fullName): has more than \(Self.maximumFields) fields; divide it")
        }
        let maps = Set(message.nestedTypes.filter(\.isMapEntry).map { "\(message.fullName).\($0.name)" })
        for field in message.fields { check(field, in: message, maps) }
    }

    private mutating func check(_ field: Schema.Field, in message: Schema.Message, _ maps: Set<String>) {
        let place = "\(message.fullName).\(field.name)"
        if case .message(let type) = field.kind, maps.contains(type) {
            problems.append("\(place): a map is not supported; use a repeated message with a key and a value")
            return
        }
        if field.isOptionalKeyword {
            problems.append("\(place): proto3 optional is not supported; protoc-c refuses it")
        } else if let index = field.oneofIndex {
            let name = message.oneofs.indices.contains(index) ? message.oneofs[index] : "oneof"
            problems.append("\(place): oneof \(name) is not supported; use separate message fields")
        }
        if field.kind == .string, !field.hasStringAsBytes {
            problems.append("\(place): a string needs [(pb_c_field).string_as_bytes = true], else a NUL cuts it")
        }
        if Naming.cppKeywords.contains(field.name) {
            problems.append("\(place): the name is a keyword of C++, which protobuf-c changes; choose another")
        }
        if field.name != field.name.lowercased() {
            problems.append("\(place): write the name in lower snake case")
        }
        checkType(of: field, place)
    }

    private mutating func checkType(of field: Schema.Field, _ place: String) {
        switch field.kind {
        case .unsupported(let type):
            problems.append("\(place): \(type) is not supported; use a type that the generator lists")
        case .message(let type) where messages[type] == nil:
            problems.append("\(place): \(type) is not among the files being generated; pass them all at once")
        case .enumeration(let type) where !enumerations.contains(type):
            problems.append("\(place): \(type) is not among the files being generated; pass them all at once")
        default: break
        }
    }

    private mutating func check(_ method: Schema.Method, _ place: String) {
        if method.isClientStreaming { problems.append("\(place): client streaming is not supported") }
        if MethodRoles.name(of: method.role) == nil {
            problems.append("\(place): declare who may call it, such as option (role) = ROLE_VIEWER")
        }
        for type in [method.input, method.output] where messages[type] == nil {
            problems.append("\(place): \(type) is not among the files being generated; pass them all at once")
        }
    }

    /// protobuf-c unpacks nested messages by recursion without a limit, so no type may reach itself.
    private mutating func checkRecursion() {
        var finished: Set<String> = []
        for file in schema.files {
            for message in file.messages { visit(message, trail: [], &finished) }
        }
    }

    private mutating func visit(_ message: Schema.Message, trail: [String], _ finished: inout Set<String>) {
        if finished.contains(message.fullName) { return }
        for field in message.fields {
            guard case .message(let type) = field.kind, let next = messages[type] else { continue }
            if type == message.fullName || trail.contains(type) {
                problems.append("\(message.fullName).\(field.name): \(type) contains itself; no type may be recursive")
            } else {
                visit(next, trail: trail + [message.fullName], &finished)
            }
        }
        finished.insert(message.fullName)
    }

    private mutating func checkMethodIDs() {
        var known: [UInt32: String] = [:]
        for file in schema.files {
            for service in file.services {
                for method in service.methods {
                    let name = "\(service.fullName)/\(method.name)"
                    let id = MethodIDs.id(of: name)
                    if let other = known[id] {
                        problems.append("\(name): has the method id \(id) of \(other); rename one of them")
                    }
                    if MethodIDs.reserved.contains(id), MethodIDs.fixed[name] == nil {
                        problems.append("\(name): its method id \(id) is reserved; rename it")
                    }
                    known[id] = name
                }
            }
        }
    }
}
