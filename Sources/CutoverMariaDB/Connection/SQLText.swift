/// Quoting of names and strings in statements that we build.
///
/// Our sessions never set ANSI_QUOTES or NO_BACKSLASH_ESCAPES while these are used.
package enum SQLText {
    /// A name in backticks.
    package static func name(_ name: String) -> String {
        "`" + name.replacing("`", with: "``") + "`"
    }

    /// `database`.`object`.
    package static func name(_ database: String, _ object: String) -> String {
        Self.name(database) + "." + Self.name(object)
    }

    /// A string literal.
    package static func string(_ text: String) -> String {
        var quoted = "'"
        for scalar in text.unicodeScalars {
            switch scalar {
            case "'": quoted += "''"
            case "\\": quoted += "\\\\"
            case "\0": quoted += "\\0"
            case "\n": quoted += "\\n"
            case "\r": quoted += "\\r"
            case "\u{1A}": quoted += "\\Z"
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "'"
    }

    /// What a literal of ``string(_:)`` says; nil when it is none.
    package static func content(ofString literal: some StringProtocol) -> String? {
        guard literal.count >= 2, literal.first == "'", literal.last == "'" else { return nil }
        var text = String.UnicodeScalarView()
        var scalars = literal.unicodeScalars.dropFirst().dropLast()
        while let scalar = scalars.popFirst() {
            switch scalar {
            case "'": guard scalars.popFirst() == "'" else { return nil }
            case "\\":
                guard let escaped = scalars.popFirst() else { return nil }
                let meant: [Unicode.Scalar: Unicode.Scalar] = [
                    "\\": "\\", "0": "\0", "n": "\n", "r": "\r", "Z": "\u{1A}",
                ]
                guard let plain = meant[escaped] else { return nil }
                text.append(plain)
                continue
            default: break
            }
            text.append(scalar)
        }
        return String(text)
    }

    /// A comma-separated list of string literals; `NULL` for none, so that `IN (…)` stays valid and matches nothing.
    package static func list(_ texts: some Sequence<String>) -> String {
        let joined = texts.map(string).joined(separator: ",")
        return joined.isEmpty ? "NULL" : joined
    }

    /// A binary string literal (`x'0a0b'`), whatever the session's character set.
    package static func bytes(_ bytes: some Sequence<UInt8>) -> String {
        var text = "x'"
        let digits = Array("0123456789abcdef")
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return text + "'"
    }
}
