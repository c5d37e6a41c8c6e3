/// A bounds-checked cursor over the bytes of one event.
///
/// Every read checks what is left and throws ``BinlogDecodeError`` instead of trapping. The pointer is lent by
/// `withUnsafeBytes` and the reader must not outlive that call.
struct BinlogReader {
    private let bytes: UnsafeRawBufferPointer
    private(set) var offset: Int
    private let end: Int

    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
        self.offset = 0
        self.end = bytes.count
    }

    /// A reader over a part of the bytes; the range is clamped to them.
    init(_ bytes: UnsafeRawBufferPointer, from: Int, to: Int) {
        self.bytes = bytes
        self.end = max(0, min(to, bytes.count))
        self.offset = max(0, min(from, self.end))
    }

    var remaining: Int { end - offset }
    var isAtEnd: Bool { offset >= end }

    mutating func skip(_ count: Int) throws(BinlogDecodeError) {
        _ = try take(count)
    }

    /// The next `count` bytes, still inside the lent memory.
    mutating func take(_ count: Int) throws(BinlogDecodeError) -> UnsafeRawBufferPointer {
        guard count >= 0, count <= remaining else {
            throw BinlogDecodeError(.truncated, "\(count) bytes wanted at offset \(offset), \(remaining) left")
        }
        let part = UnsafeRawBufferPointer(rebasing: bytes[offset..<(offset + count)])
        offset += count
        return part
    }

    mutating func array(_ count: Int) throws(BinlogDecodeError) -> [UInt8] {
        [UInt8](try take(count))
    }

    mutating func string(_ count: Int) throws(BinlogDecodeError) -> String {
        String(decoding: try take(count), as: UTF8.self)
    }

    mutating func uint8() throws(BinlogDecodeError) -> UInt8 {
        try take(1)[0]
    }

    /// An unsigned little-endian integer of 1 to 8 bytes.
    mutating func littleEndian(_ count: Int) throws(BinlogDecodeError) -> UInt64 {
        guard (1...8).contains(count) else {
            throw BinlogDecodeError(.malformed, "integer of \(count) bytes")
        }
        var value: UInt64 = 0
        for (index, byte) in try take(count).enumerated() { value |= UInt64(byte) << UInt64(8 * index) }
        return value
    }

    /// An unsigned big-endian integer of 0 to 8 bytes.
    mutating func bigEndian(_ count: Int) throws(BinlogDecodeError) -> UInt64 {
        guard (0...8).contains(count) else {
            throw BinlogDecodeError(.malformed, "integer of \(count) bytes")
        }
        var value: UInt64 = 0
        for byte in try take(count) { value = value << 8 | UInt64(byte) }
        return value
    }

    mutating func uint16() throws(BinlogDecodeError) -> UInt16 { UInt16(truncatingIfNeeded: try littleEndian(2)) }
    mutating func uint32() throws(BinlogDecodeError) -> UInt32 { UInt32(truncatingIfNeeded: try littleEndian(4)) }
    mutating func uint64() throws(BinlogDecodeError) -> UInt64 { try littleEndian(8) }

    /// A length-encoded integer (MariaDB protocol: one byte below 251, else 2, 3 or 8 bytes) that must fit a count.
    mutating func packedLength() throws(BinlogDecodeError) -> Int {
        let first = try uint8()
        let value: UInt64
        switch first {
        case 0...250: return Int(first)
        case 252: value = try littleEndian(2)
        case 253: value = try littleEndian(3)
        case 254: value = try littleEndian(8)
        default: throw BinlogDecodeError(.malformed, "length prefix \(first)")
        }
        guard value <= UInt64(Int32.max) else {
            throw BinlogDecodeError(.malformed, "length \(value) is out of range")
        }
        return Int(value)
    }

    /// A string with a one-byte length in front.
    mutating func shortString() throws(BinlogDecodeError) -> String {
        try string(Int(try uint8()))
    }

    /// A bitmap of `count` bits, lowest bit of the first byte first.
    mutating func bitmap(_ count: Int) throws(BinlogDecodeError) -> Bitmap {
        guard count >= 0 else { throw BinlogDecodeError(.malformed, "bitmap of \(count) bits") }
        return Bitmap(count: count, bytes: try array((count + 7) / 8))
    }
}

/// A set of column positions as the binlog writes it: lowest bit of the first byte is column 0.
public struct Bitmap: Sendable, Equatable {
    /// The number of columns covered.
    public let count: Int
    private let bytes: [UInt8]

    init(count: Int, bytes: [UInt8]) {
        self.count = count
        self.bytes = bytes
    }

    /// Whether the bit of column `index` is set; false outside the bitmap.
    public subscript(index: Int) -> Bool {
        guard index >= 0, index < count, index / 8 < bytes.count else { return false }
        return bytes[index / 8] & (1 << UInt8(index % 8)) != 0
    }

    /// The number of set bits.
    public var population: Int {
        var total = 0
        for index in 0..<count where self[index] { total += 1 }
        return total
    }
}
