internal import Foundation

/// Ids of tasks, stops, batches and alarms: UUIDs of version 7 (RFC 9562, 5.7), in lower case.
///
/// Their first 48 bits are the time, so that rows made together lie together in the store's indexes: with random ids, the cost of
/// a stop grew with the size of the store as soon as its indexes were larger than the cache. The other 74 bits are random; ids
/// are unique without any order within a millisecond, and are no secret.
enum TimeOrderedID {
    /// - Parameter nowMs: milliseconds since 1970; what is beyond 48 bits is cut off, and nothing before 1970 is known.
    static func make(nowMs: Int64) -> String {
        var random = SystemRandomNumberGenerator()
        let time = UInt64(max(0, nowMs)) << 16
        let high = time | 0x7000 | random.next(upperBound: 0x1000 as UInt64)
        let low = 0x8000_0000_0000_0000 | random.next(upperBound: 0x4000_0000_0000_0000 as UInt64)
        func byte(_ word: UInt64, _ index: Int) -> UInt8 { UInt8(truncatingIfNeeded: word >> UInt64(56 - 8 * index)) }
        let uuid = UUID(
            uuid: (
                byte(high, 0), byte(high, 1), byte(high, 2), byte(high, 3), byte(high, 4), byte(high, 5), byte(high, 6),
                byte(high, 7), byte(low, 0), byte(low, 1), byte(low, 2), byte(low, 3), byte(low, 4), byte(low, 5),
                byte(low, 6), byte(low, 7)
            ))
        return uuid.uuidString.lowercased()
    }
}
