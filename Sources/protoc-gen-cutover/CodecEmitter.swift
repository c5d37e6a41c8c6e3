/// Writes the codec: how each message of the Model is copied from and to its C structure.
enum CodecEmitter {
    static func files(_ schema: Schema) -> [GeneratedFile] {
        let files = schema.files.filter { !$0.messages.isEmpty }
        return files.map { file in
            var source = SourceText(generatedFrom: file.name)
            source.line()
            source.line("import CCutoverProto")
            source.line("public import CutoverModel")
            source.line("public import CutoverProtoRuntime")
            for message in file.messages {
                emitMessage(message, &source)
                emitBacking(message, &source)
            }
            return GeneratedFile(name: Naming.fileBase(file.name) + "+Proto.swift", content: source.text)
        } + [catalog(files)]
    }

    private static func catalog(_ files: [Schema.File]) -> GeneratedFile {
        var source = SourceText(generatedFrom: files.map(\.name).joined(separator: ", "))
        source.line()
        source.line("import CutoverModel")
        source.line()
        source.line("/// Every message type of the definitions.")
        source.block("public enum ProtoCatalog") { source in
            source.line("/// In the order of the definitions.")
            source.line("public static let messages: [any ProtoMessage.Type] = [")
            source.indented { source in
                for message in files.flatMap(\.messages) { source.line("\(message.name).self,") }
            }
            source.line("]")
        }
        return GeneratedFile(name: "ProtoCatalog.swift", content: source.text)
    }

    private static func emitMessage(_ message: Schema.Message, _ source: inout SourceText) {
        source.line()
        source.block("extension \(message.name): ProtoMessage") { source in
            source.block("public init(protoBytes: UnsafeRawBufferPointer) throws(ProtoError)") {
                $0.line("self = try Self.unpack(protoBytes)")
            }
            source.line()
            source.block("public func protoSize() -> Int") { $0.line("withFilled { $0.sizeBytes }") }
            source.line()
            source.block(
                "public func serialize(into destination: UnsafeMutableRawBufferPointer) throws(ProtoError) -> Int"
            ) { $0.line("try withFilled { (message) throws(ProtoError) in try message.pack(into: destination) }") }
            source.line()
            source.line("public func withProtoBytes<Result, Failure: Error>(")
            source.line("    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result")
            source.block(") throws(Failure) -> Result") {
                $0.line("try withFilled { (message) throws(Failure) in try body(message.pack()) }")
            }
        }
    }

    private static func emitBacking(_ message: Schema.Message, _ source: inout SourceText) {
        let type = Naming.cType(message.fullName)
        source.line()
        source.block("extension \(message.name): ProtobufCBacked") { source in
            source.line("static let descriptor = ProtoDescriptor(of: Self.self)")
            source.line()
            source.block("static func initialize(_ message: UnsafeMutablePointer<\(type)>)") {
                $0.line("\(Naming.cSymbol(message.fullName))__init(message)")
            }
            source.line()
            source.block("init(copying message: UnsafePointer<\(type)>) throws(ProtoError)") { source in
                source.line("self.init()")
                for field in message.fields { emitRead(field, in: message, &source) }
            }
            source.line()
            source.block(
                "func fill(_ message: UnsafeMutablePointer<\(type)>, in arena: ProtoArena)"
            ) { source in
                for field in message.fields { emitWrite(field, &source) }
            }
        }
    }

    private static func emitRead(_ field: Schema.Field, in message: Schema.Message, _ source: inout SourceText) {
        let member = "message.pointee.\(Naming.escaped(field.name))"
        let items = "message.pointee.n_\(field.name), \(member)"
        let place = "\"\(message.fullName).\(field.name)\""
        let value: String =
            switch (field.kind, field.isRepeated) {
            case (.string, false): "try ProtoReader.string(\(member), \(place))"
            case (.string, true): "try ProtoReader.strings(\(items), \(place))"
            case (.bytes, false): "ProtoReader.bytes(\(member))"
            case (.bytes, true): "ProtoReader.byteStrings(\(items))"
            case (.bool, false): "\(member) != 0"
            case (.bool, true): "ProtoReader.scalars(\(items)) { $0 != 0 }"
            case (.enumeration(let name), false):
                "\(Naming.type(name))(rawValue: Int32(truncatingIfNeeded: \(member).rawValue))"
            case (.enumeration(let name), true):
                "ProtoReader.scalars(\(items)) { "
                    + "\(Naming.type(name))(rawValue: Int32(truncatingIfNeeded: $0.rawValue)) }"
            case (.message, false): "try ProtoReader.message(\(member))"
            case (.message, true): "try ProtoReader.messages(\(items))"
            case (_, false): member
            case (_, true): "ProtoReader.scalars(\(items)) { $0 }"
            }
        source.line("self.\(ModelEmitter.swift(field)) = \(value)")
    }

    private static func emitWrite(_ field: Schema.Field, _ source: inout SourceText) {
        let swift = "self.\(ModelEmitter.swift(field))"
        let value: String =
            switch (field.kind, field.isRepeated) {
            case (.string, false): "arena.string(\(swift))"
            case (.string, true): "arena.strings(\(swift))"
            case (.bytes, false): "arena.bytes(\(swift))"
            case (.bytes, true): "arena.byteStrings(\(swift))"
            case (.bool, false): "\(swift) ? 1 : 0"
            case (.bool, true): "arena.scalars(\(swift)) { $0 ? 1 : 0 }"
            case (.enumeration, false): ".init(rawValue: .init(truncatingIfNeeded: \(swift).rawValue))"
            case (.enumeration, true):
                "arena.scalars(\(swift)) { .init(rawValue: .init(truncatingIfNeeded: $0.rawValue)) }"
            case (.message, false): "arena.message(\(swift))"
            case (.message, true): "arena.messages(\(swift))"
            case (_, false): swift
            case (_, true): "arena.scalars(\(swift)) { $0 }"
            }
        if field.isRepeated { source.line("message.pointee.n_\(field.name) = \(swift).count") }
        source.line("message.pointee.\(Naming.escaped(field.name)) = \(value)")
    }
}
