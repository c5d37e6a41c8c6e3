/// Text of foreign origin as a field of a log line: short, on one line, and never mistaken for another field.
enum LogField {
    /// Fields are cut at this length; three dots are put behind what was cut.
    static let maxBytes = 128

    /// Letters, digits and a few signs as they are, any other byte as `%XX`; `-` for nothing.
    static func text(_ text: String) -> String {
        guard !text.isEmpty else { return "-" }
        var field = ""
        for byte in text.utf8 {
            let next = encoded(byte)
            guard field.utf8.count + next.utf8.count <= maxBytes else { return field + "..." }
            field += next
        }
        return field
    }

    private static func encoded(_ byte: UInt8) -> String {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: ":"),
            UInt8(ascii: "/"), UInt8(ascii: "@"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "["),
            UInt8(ascii: "]"):
            return String(UnicodeScalar(byte))
        default:
            let digits = String(byte, radix: 16, uppercase: true)
            return byte < 16 ? "%0\(digits)" : "%\(digits)"
        }
    }
}
