import CutoverModel

/// Fields in protobuf's text format.
enum TextForm {
    static func render(_ fields: [ModelField]) -> String {
        fields.map { field in
            if case .list(let values) = field.value {
                values.map { one(field.name, $0) }.joined()
            } else {
                one(field.name, field.value)
            }
        }.joined()
    }

    private static func one(_ name: String, _ value: FieldValue) -> String {
        switch value {
        case .string(let value): "\(name): \(quoted(Array(value.utf8)))\n"
        case .bytes(let value): "\(name): \(quoted(value))\n"
        case .uint(let value): "\(name): \(value)\n"
        case .int(let value): "\(name): \(value)\n"
        case .bool(let value): "\(name): \(value)\n"
        case .double(let value): "\(name): \(value)\n"
        case .enumeration(_, let number): "\(name): \(number)\n"
        case .message(let fields): "\(name) {\n\(render(fields))}\n"
        case .list(let values): values.map { one(name, $0) }.joined()
        }
    }

    private static func quoted(_ bytes: [UInt8]) -> String {
        let escaped = bytes.map { byte in
            let octal = String(byte, radix: 8)
            return "\\" + String(repeating: "0", count: 3 - octal.count) + octal
        }
        return "\"" + escaped.joined() + "\""
    }
}
