/// Makes the ids by which the server knows a request again.
enum RequestID {
    /// The given id, or a new random UUID (version 4, RFC 9562) in lower case.
    static func orNew(_ id: String?) -> String {
        if let id, !id.isEmpty { return id }
        var generator = SystemRandomNumberGenerator()
        return uuid(high: generator.next(), low: generator.next())
    }

    /// The UUID of version 4 with these random bits.
    static func uuid(high: UInt64, low: UInt64) -> String {
        let high = high & 0xFFFF_FFFF_FFFF_0FFF | 0x4000
        let low = low & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
        let digits = hex(high) + hex(low)
        let bounds = [0, 8, 12, 16, 20, 32]
        let groups = zip(bounds, bounds.dropFirst()).map { start, end in
            String(digits.dropFirst(start).prefix(end - start))
        }
        return groups.joined(separator: "-")
    }

    private static func hex(_ value: UInt64) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// The number that a UUID in lower case stands for; nil for any other text.
    static func number(of text: String) -> UInt128? {
        guard text.utf8.count == 36 else { return nil }
        var number: UInt128 = 0
        for (place, byte) in text.utf8.enumerated() {
            if place == 8 || place == 13 || place == 18 || place == 23 {
                guard byte == UInt8(ascii: "-") else { return nil }
                continue
            }
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): number = number << 4 | UInt128(byte - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): number = number << 4 | UInt128(byte - UInt8(ascii: "a") + 10)
            default: return nil
            }
        }
        return number
    }
}
