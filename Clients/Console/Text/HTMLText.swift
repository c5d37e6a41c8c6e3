/// Text from outside made harmless for a page: nothing in it can become markup, leave an attribute or turn the line around.
package enum HTMLText {
    /// Text within a line, for content and for attributes in double quotes. Control characters and direction overrides
    /// become `?`, line breaks spaces.
    package static func inline(_ text: String) -> String {
        escape(TextWidth.harmless(text))
    }

    /// A name, kept from changing the direction of what stands around it.
    package static func name(_ text: String) -> String {
        "<bdi>\(inline(text))</bdi>"
    }

    /// The parts of a qualified name, joined by dots.
    package static func name(_ parts: [String]) -> String {
        parts.map { name($0) }.joined(separator: ".")
    }

    /// Text of several lines. What a reader could not see, such as control characters and direction overrides, becomes
    /// `U+FFFD`.
    package static func block(_ text: String) -> (html: String, isAltered: Bool) {
        var shown = String.UnicodeScalarView()
        var isAltered = false
        for scalar in text.replacing("\r\n", with: "\n").unicodeScalars {
            let character = String(scalar)
            if scalar == "\n" || scalar == "\t" || TextWidth.harmless(character) == character {
                shown.append(scalar)
            } else {
                shown.append("\u{FFFD}")
                isAltered = true
            }
        }
        return (escape(String(shown)), isAltered)
    }

    /// Source: HTML Living Standard, "Escaping a string", and the single quote.
    private static func escape(_ text: String) -> String {
        var safe = ""
        safe.reserveCapacity(text.utf8.count)
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": safe += "&amp;"
            case "<": safe += "&lt;"
            case ">": safe += "&gt;"
            case "\"": safe += "&quot;"
            case "'": safe += "&#39;"
            default: safe.unicodeScalars.append(scalar)
            }
        }
        return safe
    }
}
