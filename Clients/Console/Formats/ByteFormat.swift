/// Writes and reads amounts of bytes.
package enum ByteFormat {
    private static let units: [(size: UInt64, name: String)] = [
        (1 << 40, "TiB"), (1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB"),
    ]

    /// An amount such as `512 B`, `8.0 MiB`, `1.5 GiB`.
    package static func text(_ bytes: UInt64) -> String {
        for unit in units where bytes >= unit.size {
            let whole = bytes / unit.size
            let tenth = (bytes % unit.size) * 10 / unit.size
            return "\(whole).\(tenth) \(unit.name)"
        }
        return "\(bytes) B"
    }

    /// Reads `8388608`, `8MiB`, `8M` or `64 KiB`; units are powers of 1024.
    ///
    /// - Returns: nil when the text is not an amount, or is larger than 64 bits hold.
    package static func parse(_ text: String) -> UInt64? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let number = UInt64(digits) else { return nil }
        let unit = text.dropFirst(digits.count).trimmingPrefix { $0 == " " }.uppercased()
        let size: UInt64
        switch unit {
        case "", "B": size = 1
        case "K", "KIB": size = 1 << 10
        case "M", "MIB": size = 1 << 20
        case "G", "GIB": size = 1 << 30
        default: return nil
        }
        let (bytes, overflow) = number.multipliedReportingOverflow(by: size)
        return overflow ? nil : bytes
    }
}
