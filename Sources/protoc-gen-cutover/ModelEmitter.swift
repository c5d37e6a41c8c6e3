/// Writes the Model: a Swift value for each message and enumeration.
enum ModelEmitter {
    /// From so many fields on, copies of a message share them until one is changed: a stop or a task goes through many hands,
    /// and copying every field each time took a sixth of what a stop costs the server.
    private static let sharedFrom = 20

    static func files(_ schema: Schema) -> [GeneratedFile] {
        schema.files.filter { !$0.messages.isEmpty || !$0.enumerations.isEmpty }.map { file in
            var source = SourceText(generatedFrom: file.name)
            for enumeration in file.enumerations { emit(enumeration, file.package, &source) }
            for message in file.messages { emit(message, &source) }
            return GeneratedFile(name: Naming.fileBase(file.name) + ".swift", content: source.text)
        }
    }

    private static func emit(_ enumeration: Schema.Enumeration, _ package: String, _ source: inout SourceText) {
        let prefix = Naming.enumerationPrefix(enumeration.name)
        let cases = enumeration.values.map { value in
            (value, bare: String(value.name.dropFirst(prefix.count)))
        }
        func swift(_ bare: String) -> String { Naming.escaped(Naming.property(bare.lowercased())) }
        source.line()
        source.documentation(enumeration.documentation, else: "`\(package).\(enumeration.name)`.")
        source.block("public enum \(enumeration.name): ModelEnumeration") { source in
            for (value, bare) in cases {
                source.documentation(value.documentation, else: "`\(value.name)`.")
                source.line("case \(swift(bare))")
            }
            source.line("/// A number this version does not know.")
            source.line("case unrecognized(Int32)")
            source.line()
            source.block("public init(rawValue: Int32)") { source in
                source.line("switch rawValue {")
                for (value, bare) in cases { source.line("case \(value.number): self = .\(swift(bare))") }
                source.line("default: self = .unrecognized(rawValue)")
                source.line("}")
            }
            source.line()
            source.block("public var rawValue: Int32") { source in
                source.line("switch self {")
                for (value, bare) in cases { source.line("case .\(swift(bare)): \(value.number)") }
                source.line("case .unrecognized(let number): number")
                source.line("}")
            }
            source.line()
            source.line("/// Every value that this version knows, in the order of the definition.")
            source.line("public static let allKnown: [Self] = [")
            source.indented { source in
                for (_, bare) in cases { source.line(".\(swift(bare)),") }
            }
            source.line("]")
            source.line()
            let example = cases.last?.bare ?? ""
            source.line(
                "/// The name in the definition without its prefix, such as `\(example)`; a bare number when unknown.")
            source.block("public var name: String") { source in
                source.line("switch self {")
                for (_, bare) in cases { source.line("case .\(swift(bare)): \"\(bare)\"") }
                source.line("case .unrecognized(let number): String(number)")
                source.line("}")
            }
        }
    }

    private static func emit(_ message: Schema.Message, _ source: inout SourceText) {
        source.line()
        source.documentation(message.documentation, else: "`\(message.fullName)`.")
        source.block("public struct \(message.name): ModelMessage") { source in
            source.line("/// `\(message.fullName)`.")
            source.line("public static let messageName = \"\(message.fullName)\"")
            source.line()
            let isShared = message.fields.count >= sharedFrom
            if isShared { emitSharedFields(message, &source) }
            for field in message.fields {
                source.documentation(field.documentation, else: "`\(field.name)`.")
                if isShared {
                    emitAccessors(field, &source)
                } else {
                    source.line("public var \(swift(field)): \(type(field))")
                }
            }
            if !message.fields.isEmpty { source.line() }
            emitInitializer(message, isShared: isShared, &source)
            source.line()
            emitFields(message, &source)
        }
    }

    /// Open to inlining: the codec reads and sets every field from another module.
    private static func emitSharedFields(_ message: Schema.Message, _ source: inout SourceText) {
        source.line("/// The fields as the one element of an array, which copies share until one of them is changed.")
        source.line("@usableFromInline var shared: [Fields]")
        source.line()
        source.block("@usableFromInline struct Fields: Sendable, Hashable") { source in
            for field in message.fields { source.line("@usableFromInline var \(swift(field)): \(type(field))") }
        }
        source.line()
    }

    private static func emitAccessors(_ field: Schema.Field, _ source: inout SourceText) {
        let place = "shared[0].\(swift(field))"
        var isChangedInPlace = field.isRepeated
        if case .message = field.kind { isChangedInPlace = true }
        source.block("public var \(swift(field)): \(type(field))") { source in
            source.line("@inlinable get { \(place) }")
            source.line("@inlinable set { \(place) = newValue }")
            if isChangedInPlace { source.line("@inlinable _modify { yield &\(place) }") }
        }
    }

    private static func emitInitializer(_ message: Schema.Message, isShared: Bool, _ source: inout SourceText) {
        guard let last = message.fields.last else {
            source.line("public init() {}")
            return
        }
        source.line("public init(")
        source.indented { source in
            for field in message.fields {
                let comma = field.number == last.number ? "" : ","
                source.line("\(swift(field)): \(type(field)) = \(defaultValue(field))\(comma)")
            }
        }
        source.block(")") { source in
            guard isShared else {
                for field in message.fields { source.line("self.\(swift(field)) = \(swift(field))") }
                return
            }
            source.line("shared = [")
            source.indented { source in
                source.line("Fields(")
                source.indented { source in
                    for field in message.fields {
                        let comma = field.number == last.number ? "" : ","
                        source.line("\(swift(field)): \(swift(field))\(comma)")
                    }
                }
                source.line(")")
            }
            source.line("]")
        }
    }

    private static func emitFields(_ message: Schema.Message, _ source: inout SourceText) {
        source.block("public func fields(includingDefaults: Bool) -> [ModelField]") { source in
            if message.fields.isEmpty {
                source.line("[]")
                return
            }
            source.line("var collector = FieldCollector(includingDefaults: includingDefaults)")
            for field in message.fields {
                let value = "self.\(swift(field))"
                let name = "\"\(field.name)\""
                switch (field.isRepeated, listConversion(field.kind)) {
                case (false, _): source.line("collector.add(\(name), \(value))")
                case (true, nil): source.line("collector.add(\(name), list: \(value))")
                case (true, let conversion?): source.line("collector.add(\(name), list: \(value)) { \(conversion) }")
                }
            }
            source.line("return collector.fields")
        }
    }

    private static func listConversion(_ kind: Schema.Field.Kind) -> String? {
        switch kind {
        case .string: ".string($0)"
        case .bytes: ".bytes($0)"
        case .uint32, .uint64: ".uint(UInt64($0))"
        case .int32, .int64: ".int(Int64($0))"
        case .bool: ".bool($0)"
        case .double: ".double($0)"
        case .enumeration, .message, .unsupported: nil
        }
    }

    static func swift(_ field: Schema.Field) -> String {
        Naming.escaped(Naming.property(field.name))
    }

    private static func type(_ field: Schema.Field) -> String {
        let element = elementType(field.kind)
        if field.isRepeated { return "[\(element)]" }
        if case .message = field.kind { return element + "?" }
        return element
    }

    private static func elementType(_ kind: Schema.Field.Kind) -> String {
        switch kind {
        case .string: "String"
        case .bytes: "[UInt8]"
        case .uint32: "UInt32"
        case .uint64: "UInt64"
        case .int32: "Int32"
        case .int64: "Int64"
        case .bool: "Bool"
        case .double: "Double"
        case .enumeration(let name), .message(let name): Naming.type(name)
        case .unsupported(let name): name
        }
    }

    private static func defaultValue(_ field: Schema.Field) -> String {
        if field.isRepeated { return "[]" }
        return switch field.kind {
        case .string: "\"\""
        case .bytes: "[]"
        case .bool: "false"
        case .enumeration: ".unspecified"
        case .message: "nil"
        case .uint32, .uint64, .int32, .int64, .double, .unsupported: "0"
        }
    }
}
