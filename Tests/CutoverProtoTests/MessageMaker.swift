import TestRandom

/// Makes messages with every field set, in the canonical wire form.
struct MessageMaker {
    let schema: DescribedSchema
    var random: SplitMix64

    mutating func message(_ name: String) throws -> [UInt8] {
        guard let fields = schema.messages[name] else { throw Tool.Missing(what: name) }
        var result: [UInt8] = []
        for field in fields {
            if field.isRepeated, field.type == 14 {
                let values = (0..<3).flatMap { _ in WireForm.varint(UInt64.random(in: 0...3, using: &random)) }
                result += WireForm.field(field.number, .bytes(values))
            } else {
                for _ in 0..<(field.isRepeated ? Int.random(in: 1...3, using: &random) : 1) {
                    result += WireForm.field(field.number, try value(field))
                }
            }
        }
        return result
    }

    private mutating func value(_ field: DescribedSchema.Field) throws -> WireForm.Value {
        switch field.type {
        case 3: .varint(UInt64(bitPattern: Int64.random(in: Int64.min...(-1), using: &random)))
        case 4: .varint(UInt64.random(in: 1...UInt64.max, using: &random))
        case 5: .varint(UInt64(bitPattern: Int64(Int32.random(in: Int32.min...(-1), using: &random))))
        case 8: .varint(1)
        case 9: .bytes(Array(string().utf8))
        case 11: .bytes(try message(field.typeName))
        case 12:
            .bytes((0..<Int.random(in: 1...40, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) })
        case 13: .varint(UInt64(UInt32.random(in: 1...UInt32.max, using: &random)))
        case 14: .varint(UInt64.random(in: 1...3, using: &random))
        default: throw Tool.Missing(what: "a maker of type \(field.type)")
        }
    }

    private mutating func string() -> String {
        let letters = ["a", "Z", "7", "é", "\u{0}", "漢", "🚦", "\n", "\"", "\\"]
        return (0..<Int.random(in: 1...30, using: &random)).map { _ in letters.randomElement(using: &random) ?? "a" }
            .joined()
    }
}
