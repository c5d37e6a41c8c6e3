/// Ids of tasks, stops, batches and alarms: UUIDs of version 7 (RFC 9562, 5.7), in lower case.
///
/// Their first 48 bits are the time, so that rows made together lie together in the store's indexes: with random ids, the cost of
/// a stop grew with the size of the store as soon as its indexes were larger than the cache. The other 74 bits are random; ids
/// are unique without any order within a millisecond, and are no secret.
enum TimeOrderedID {
    /// - Parameter nowMs: milliseconds since 1970; what is beyond 48 bits is cut off, and nothing before 1970 is known.
    static func make(nowMs: Int64) -> String {
        var random = SystemRandomNumberGenerator()
        let high = UInt64(max(0, nowMs)) << 16 | 0x7000 | random.next() & 0xFFF
        let low = 0x8000_0000_0000_0000 | random.next() & 0x3FFF_FFFF_FFFF_FFFF
        return String(unsafeUninitializedCapacity: 36) { text in
            var length = 0
            for word in [high, low] {
                for shift in stride(from: 60, through: 0, by: -4) {
                    if length == 8 || length == 13 || length == 18 || length == 23 {
                        text[length] = UInt8(ascii: "-")
                        length += 1
                    }
                    let digit = UInt8(truncatingIfNeeded: word >> UInt64(shift)) & 0xF
                    text[length] = digit + (digit < 10 ? UInt8(ascii: "0") : UInt8(ascii: "a") - 10)
                    length += 1
                }
            }
            return length
        }
    }
}
