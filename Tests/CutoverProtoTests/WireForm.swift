/// Protobuf's wire format written out by hand: what the tests measure the codec against.
enum WireForm {
    enum Value: Equatable {
        case varint(UInt64)
        case fixed64(UInt64)
        case bytes([UInt8])
        case fixed32(UInt32)
    }

    struct Broken: Error {}

    static func varint(_ value: UInt64) -> [UInt8] {
        var value = value
        var result: [UInt8] = []
        while value >= 0x80 {
            result.append(UInt8(value & 0x7F) | 0x80)
            value >>= 7
        }
        return result + [UInt8(value)]
    }

    static func field(_ number: UInt64, _ value: Value) -> [UInt8] {
        switch value {
        case .varint(let value): varint(number << 3) + varint(value)
        case .fixed64(let value): varint(number << 3 | 1) + (0..<8).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
        case .bytes(let value): varint(number << 3 | 2) + varint(UInt64(value.count)) + value
        case .fixed32(let value): varint(number << 3 | 5) + (0..<4).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
        }
    }

    /// The varint and length-delimited fields of a message; descriptors hold no others.
    static func parse(_ bytes: [UInt8]) throws -> [(number: UInt64, value: Value)] {
        var rest = bytes[...]
        var result: [(number: UInt64, value: Value)] = []
        while !rest.isEmpty {
            let tag = try takeVarint(&rest)
            switch tag & 7 {
            case 0: result.append((tag >> 3, .varint(try takeVarint(&rest))))
            case 2:
                let length = Int(try takeVarint(&rest))
                guard length <= rest.count else { throw Broken() }
                result.append((tag >> 3, .bytes(Array(rest.prefix(length)))))
                rest = rest.dropFirst(length)
            default: throw Broken()
            }
        }
        return result
    }

    private static func takeVarint(_ bytes: inout ArraySlice<UInt8>) throws -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            guard let byte = bytes.popFirst() else { throw Broken() }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
        }
        throw Broken()
    }
}
