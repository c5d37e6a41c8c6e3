public import CutoverModel

/// The end of an audit log as text, `SEQUENCE:HASH`: short enough to keep elsewhere.
public enum AuditHeadText {
    public static func text(_ head: AuditHead) -> String {
        "\(head.sequence):" + head.hash.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// - Throws: ``ConfigurationError`` for anything but a number, a colon, and the 64 digits of a SHA-256.
    public static func parse(_ text: String) throws(ConfigurationError) -> AuditHead {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let sequence = UInt64(parts[0]), let hash = bytes(parts[1]), hash.count == 32 else {
            throw ConfigurationError("The head must be SEQUENCE:HASH, as \"cutoverd audit verify\" prints it.")
        }
        return AuditHead(sequence: sequence, hash: hash)
    }

    private static func bytes(_ hex: Substring) -> [UInt8]? {
        let digits = hex.utf8.map { Character(UnicodeScalar($0)).hexDigitValue }
        guard digits.count.isMultiple(of: 2) else { return nil }
        return stride(from: 0, to: digits.count, by: 2).reduce(into: [UInt8]?([])) { bytes, index in
            guard let high = digits[index], let low = digits[index + 1] else {
                bytes = nil
                return
            }
            bytes?.append(UInt8(high * 16 + low))
        }
    }
}
