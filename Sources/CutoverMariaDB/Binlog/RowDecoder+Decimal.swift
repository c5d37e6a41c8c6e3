extension RowDecoder {
    /// Bytes that hold 0 to 9 decimal digits in the packed format (`dig2bytes`).
    private static let bytesForDigits = [0, 1, 1, 2, 2, 3, 3, 4, 4, 4]

    /// Reads MariaDB's packed DECIMAL (`decimal2bin`): nine digits in four bytes, the remainders in fewer, big-endian,
    /// the top bit flipped so that bytes sort, all bits inverted when negative.
    static func decimal(
        _ reader: inout BinlogReader, precision: Int, scale: Int
    ) throws(BinlogDecodeError) -> String {
        let whole = precision - scale
        let size = whole / 9 * 4 + bytesForDigits[whole % 9] + scale / 9 * 4 + bytesForDigits[scale % 9]
        var packed = try reader.array(size)
        guard let first = packed.first else { throw BinlogDecodeError(.malformed, "DECIMAL of no bytes") }
        let isNegative = first & 0x80 == 0
        packed[0] = first ^ 0x80
        if isNegative { for index in packed.indices { packed[index] = ~packed[index] } }

        var offset = 0
        func digits(_ count: Int) throws(BinlogDecodeError) -> String {
            let width = bytesForDigits[count]
            var value: UInt32 = 0
            for byte in packed[offset..<(offset + width)] { value = value << 8 | UInt32(byte) }
            offset += width
            let text = String(value)
            guard text.utf8.count <= count else { throw BinlogDecodeError(.malformed, "DECIMAL digits") }
            return String(repeating: "0", count: count - text.utf8.count) + text
        }
        var integer = ""
        if whole % 9 > 0 { integer += try digits(whole % 9) }
        for _ in 0..<(whole / 9) { integer += try digits(9) }
        var fraction = ""
        for _ in 0..<(scale / 9) { fraction += try digits(9) }
        if scale % 9 > 0 { fraction += try digits(scale % 9) }
        let trimmed = integer.drop { $0 == "0" }
        return (isNegative ? "-" : "") + (trimmed.isEmpty ? "0" : trimmed) + (scale > 0 ? "." + fraction : "")
    }
}
