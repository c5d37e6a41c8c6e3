/// How wide text is on a terminal, and how to cut and fold it there.
package enum TextWidth {
    /// The columns that text takes: 2 for East Asian wide characters and emoji, else 1.
    package static func columns(of text: some StringProtocol) -> Int {
        text.reduce(0) { $0 + columns(of: $1) }
    }

    /// Text cut to at most `limit` columns, ending in the ellipsis when something was cut.
    package static func cut(_ text: String, to limit: Int, style: TextStyle) -> String {
        guard columns(of: text) > limit else { return text }
        let room = limit - columns(of: style.ellipsis)
        guard room > 0 else { return String(style.ellipsis.prefix(max(0, limit))) }
        var kept = ""
        var used = 0
        for character in text {
            used += columns(of: character)
            if used > room { break }
            kept.append(character)
        }
        return kept + style.ellipsis
    }

    /// Text filled up with spaces to `width` columns.
    package static func pad(_ text: String, to width: Int, alignment: TextAlignment = .left) -> String {
        let fill = String(repeating: " ", count: max(0, width - columns(of: text)))
        return alignment == .left ? text + fill : fill + text
    }

    /// Text folded at spaces into lines of at most `limit` columns. A longer word gets a line of its own, whole.
    package static func fold(_ text: String, to limit: Int) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ", omittingEmptySubsequences: true) {
            if line.isEmpty {
                line = String(word)
            } else if columns(of: line) + 1 + columns(of: word) <= limit {
                line += " " + word
            } else {
                lines.append(line)
                line = String(word)
            }
        }
        if !line.isEmpty { lines.append(line) }
        return lines
    }

    /// Text from outside made harmless for a terminal: control characters and direction overrides become `?`,
    /// line breaks and tabs become spaces. A name stored at a server must not be able to move the cursor.
    package static func harmless(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isHarmful) else { return text }
        var safe = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\n", "\r", "\t": safe.append(" ")
            default: safe.append(isHarmful(scalar) ? "?" : scalar)
            }
        }
        return String(safe)
    }

    private static func isHarmful(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F..<0xA0, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069: true
        default: false
        }
    }

    private static func columns(of character: Character) -> Int {
        guard let first = character.unicodeScalars.first else { return 0 }
        switch first.value {
        case 0..<0x20, 0x7F..<0xA0, 0x200B...0x200F, 0x300...0x36F: return 0
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xA000...0xA4CF,
            0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F,
            0x1F680...0x1F6FF, 0x1F900...0x1F9FF, 0x20000...0x3FFFD:
            return 2
        default: return 1
        }
    }
}

/// On which side of its column text stands.
package enum TextAlignment: Sendable, Hashable {
    case left, right
}
