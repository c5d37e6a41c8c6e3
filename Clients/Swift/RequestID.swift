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
}
