import CutoverModel

/// Writes field values as JSON, the fields in the order of the definition.
///
/// JSONSerialization would sort or shuffle the fields and lose 64-bit integers on other platforms. Numbers stay numbers,
/// enumerations are their names, bytes are lower-case hexadecimal.
struct JSONText: Sendable {
    /// One line when false; two spaces of indent when true.
    var isPretty = true

    func text(_ value: FieldValue) -> String {
        var text = ""
        append(value, depth: 0, to: &text)
        return text
    }

    private func append(_ value: FieldValue, depth: Int, to text: inout String) {
        switch value {
        case .string(let string): Self.appendQuoted(string, to: &text)
        case .bytes(let bytes): Self.appendQuoted(ReceiptRenderer.hex(bytes), to: &text)
        case .uint(let number): text += String(number)
        case .int(let number): text += String(number)
        case .bool(let flag): text += flag ? "true" : "false"
        case .double(let number): text += number.isFinite ? String(number) : "null"
        case .enumeration(let name, _): Self.appendQuoted(name, to: &text)
        case .message(let fields):
            appendList(fields, brackets: ("{", "}"), depth: depth, to: &text) { field, text in
                Self.appendQuoted(field.name, to: &text)
                text += isPretty ? ": " : ":"
                append(field.value, depth: depth + 1, to: &text)
            }
        case .list(let values):
            appendList(values, brackets: ("[", "]"), depth: depth, to: &text) { value, text in
                append(value, depth: depth + 1, to: &text)
            }
        }
    }

    private func appendList<Element>(
        _ elements: [Element], brackets: (open: String, close: String), depth: Int, to text: inout String,
        _ appendElement: (Element, inout String) -> Void
    ) {
        text += brackets.open
        for (index, element) in elements.enumerated() {
            if index > 0 { text += "," }
            appendBreak(depth: depth + 1, to: &text)
            appendElement(element, &text)
        }
        if !elements.isEmpty { appendBreak(depth: depth, to: &text) }
        text += brackets.close
    }

    private func appendBreak(depth: Int, to text: inout String) {
        guard isPretty else { return }
        text += "\n" + String(repeating: "  ", count: depth)
    }

    /// RFC 8259, section 7; DEL, C1 and direction marks are escaped too, so that output cannot steer a terminal.
    private static func appendQuoted(_ string: String, to text: inout String) {
        text += "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            default:
                switch scalar.value {
                case 0..<0x20, 0x7F..<0xA0, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069:
                    let digits = String(scalar.value, radix: 16)
                    text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                default: text.unicodeScalars.append(scalar)
                }
            }
        }
        text += "\""
    }
}
