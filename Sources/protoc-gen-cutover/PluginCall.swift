import CProtobufC
import CProtocPlugin
import CutoverProtoRuntime

/// One run of the plugin: a CodeGeneratorRequest in, a CodeGeneratorResponse out.
enum PluginCall {
    private typealias Request = Google__Protobuf__Compiler__CodeGeneratorRequest
    private typealias Response = Google__Protobuf__Compiler__CodeGeneratorResponse
    private typealias ResponseFile = Google__Protobuf__Compiler__CodeGeneratorResponse__File

    /// Problems of the schema are part of the answer, so that protoc reports them; only a broken request throws.
    static func answer(_ bytes: [UInt8]) throws -> [UInt8] {
        let (schema, parameter) = try read(bytes)
        let problems = SchemaLint.problems(in: schema)
        if !problems.isEmpty { return pack(error: problems.joined(separator: "\n"), files: []) }
        switch parameter {
        case "model": return pack(error: nil, files: ModelEmitter.files(schema))
        case "codec": return pack(error: nil, files: CodecEmitter.files(schema))
        case "services": return pack(error: nil, files: ServicesEmitter.files(schema))
        default:
            return pack(error: "unknown parameter \"\(parameter)\": say model, codec or services", files: [])
        }
    }

    private static func read(_ bytes: [UInt8]) throws -> (Schema, parameter: String) {
        guard let request = google__protobuf__compiler__code_generator_request__unpack(nil, bytes.count, bytes) else {
            throw PluginError(description: "standard input is not a CodeGeneratorRequest; run it through protoc")
        }
        defer { google__protobuf__compiler__code_generator_request__free_unpacked(request, nil) }
        return (SchemaReader.read(request.pointee), text(request.pointee.parameter))
    }

    private static func pack(error: String?, files: [GeneratedFile]) -> [UInt8] {
        ProtoScratch.withArena(budgetBytes: 0) { arena in
            var response = Response()
            google__protobuf__compiler__code_generator_response__init(&response)
            response.error = error.map { cString($0, arena) }
            response.n_file = files.count
            response.file = arena.array(of: UnsafeMutablePointer<ResponseFile>?.self, count: files.count)
            for (index, file) in files.enumerated() {
                let slot = arena.array(of: ResponseFile.self, count: 1)
                google__protobuf__compiler__code_generator_response__file__init(slot)
                slot.pointee.name = cString(file.name, arena)
                slot.pointee.content = cString(file.content, arena)
                response.file[index] = slot
            }
            var bytes = [UInt8](
                repeating: 0,
                count: google__protobuf__compiler__code_generator_response__get_packed_size(&response))
            google__protobuf__compiler__code_generator_response__pack(&response, &bytes)
            return bytes
        }
    }

    private static func cString(_ value: String, _ arena: ProtoArena) -> UnsafeMutablePointer<CChar> {
        let characters = value.utf8CString
        let copy = arena.array(of: CChar.self, count: characters.count)
        for (index, character) in characters.enumerated() { (copy + index).initialize(to: character) }
        return copy
    }
}
