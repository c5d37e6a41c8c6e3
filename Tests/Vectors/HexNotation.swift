/// Bytes as vectors write them: hexadecimal digits, blanks without meaning, and `(0A0B)*3` for a repetition.
public enum HexNotation {
    /// A text that is not in the notation.
    public struct Malformed: Error, CustomStringConvertible {
        let text: String
        public var description: String { "not hexadecimal: \(text)" }
    }

    public static func bytes(_ text: String) throws -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = text[...]
        while let open = rest.firstIndex(of: "(") {
            bytes += try plain(rest[..<open])
            guard let close = rest[open...].firstIndex(of: ")") else { throw Malformed(text: text) }
            let factor = rest[rest.index(after: close)...].prefix { $0 == "*" || $0.isNumber }
            guard factor.first == "*", let count = Int(factor.dropFirst()), count > 0, count <= 1 << 20 else {
                throw Malformed(text: text)
            }
            let unit = try plain(rest[rest.index(after: open)..<close])
            for _ in 0..<count { bytes += unit }
            rest = rest[factor.endIndex...]
        }
        return try bytes + plain(rest)
    }

    /// Upper-case digits without blanks.
    public static func text(_ bytes: some Sequence<UInt8>) -> String {
        bytes.reduce(into: "") { text, byte in
            let digits = String(byte, radix: 16, uppercase: true)
            text += digits.count == 1 ? "0" + digits : digits
        }
    }

    private static func plain(_ text: Substring) throws -> [UInt8] {
        var bytes: [UInt8] = []
        var high: Int?
        for character in text where character != " " {
            guard let digit = character.hexDigitValue else { throw Malformed(text: String(text)) }
            if let first = high {
                bytes.append(UInt8(first << 4 | digit))
                high = nil
            } else {
                high = digit
            }
        }
        guard high == nil else { throw Malformed(text: String(text)) }
        return bytes
    }
}

extension JSONValue {
    /// The same value with every repetition written out.
    public func expandingHex() throws -> JSONValue {
        switch self {
        case .string(let text) where text.contains(")*"): .string(HexNotation.text(try HexNotation.bytes(text)))
        case .array(let values): .array(try values.map { try $0.expandingHex() })
        case .object(let members): .object(try members.mapValues { try $0.expandingHex() })
        default: self
        }
    }
}
