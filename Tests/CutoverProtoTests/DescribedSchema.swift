import Foundation

/// The definitions as protoc describes them, read without any code of the codec.
struct DescribedSchema {
    struct Field {
        var name: String
        var number: UInt64
        var type: UInt64
        var typeName: String
        var isRepeated: Bool
    }

    private(set) var messages: [String: [Field]] = [:]

    static let shared = Result { try DescribedSchema() }

    private init() throws {
        let output = try Tool.withFolder { folder in
            let file = folder.appendingPathComponent("set")
            let outcome = try Tool.protoc(["-o", file.path] + Tool.definitionFiles())
            guard outcome.status == 0 else { throw Tool.Missing(what: outcome.errors) }
            return [UInt8](try Data(contentsOf: file))
        }
        for (_, file) in try Self.children(output, 1) {
            for (_, message) in try Self.children(file, 4) {
                let fields = try Self.children(message, 2).map { try Self.field($0.1) }
                messages["cutover.v1." + (try Self.string(message, 1))] = fields.sorted { $0.number < $1.number }
            }
        }
    }

    private static func field(_ bytes: [UInt8]) throws -> Field {
        Field(
            name: try string(bytes, 1), number: try number(bytes, 3), type: try number(bytes, 5),
            typeName: String(try string(bytes, 6).dropFirst()), isRepeated: try number(bytes, 4) == 3)
    }

    private static func children(_ bytes: [UInt8], _ number: UInt64) throws -> [(UInt64, [UInt8])] {
        try WireForm.parse(bytes).compactMap { field in
            if field.number == number, case .bytes(let value) = field.value { (number, value) } else { nil }
        }
    }

    private static func string(_ bytes: [UInt8], _ number: UInt64) throws -> String {
        String(decoding: try children(bytes, number).last?.1 ?? [], as: UTF8.self)
    }

    private static func number(_ bytes: [UInt8], _ number: UInt64) throws -> UInt64 {
        for field in try WireForm.parse(bytes) where field.number == number {
            if case .varint(let value) = field.value { return value }
        }
        return 0
    }
}
