/// Splits the head of a logged statement into words, names and marks, just well enough to tell what it is about.
///
/// Comments are dropped, but the text inside `/*! … */` and `/*M! … */` counts, as the server runs it. It never fails:
/// unknown bytes become marks.
struct SQLTokenizer {
    enum Token: Equatable {
        /// An unquoted word; keywords are compared without case.
        case word(String)
        /// A name in backticks (or double quotes under ANSI_QUOTES).
        case name(String)
        /// A string literal; its content does not matter.
        case literal
        case mark(UInt8)
    }

    private let bytes: [UInt8]
    private let ansiQuotes: Bool
    /// Where the next token is looked for.
    private(set) var offset = 0

    init(_ bytes: [UInt8], ansiQuotes: Bool = false) {
        self.bytes = bytes
        self.ansiQuotes = ansiQuotes
    }

    /// At most `limit` tokens from the start.
    static func tokens(_ bytes: [UInt8], ansiQuotes: Bool = false, limit: Int = 100_000) -> [Token] {
        var tokenizer = SQLTokenizer(bytes, ansiQuotes: ansiQuotes)
        var tokens: [Token] = []
        while tokens.count < limit, let token = tokenizer.next() { tokens.append(token) }
        return tokens
    }

    private func byte(at index: Int) -> UInt8 { index < bytes.count ? bytes[index] : 0 }

    mutating func next() -> Token? {
        while offset < bytes.count {
            let current = bytes[offset]
            switch current {
            case 0...32: offset += 1
            case UInt8(ascii: "#"): skipLine()
            case UInt8(ascii: "-") where byte(at: offset + 1) == UInt8(ascii: "-") && byte(at: offset + 2) <= 32:
                skipLine()
            case UInt8(ascii: "/") where byte(at: offset + 1) == UInt8(ascii: "*"): skipCommentStart()
            case UInt8(ascii: "*") where byte(at: offset + 1) == UInt8(ascii: "/"): offset += 2
            case UInt8(ascii: "`"): return .name(quoted(by: current, escapes: false))
            case UInt8(ascii: "\"") where ansiQuotes: return .name(quoted(by: current, escapes: false))
            case UInt8(ascii: "'"), UInt8(ascii: "\""):
                _ = quoted(by: current, escapes: true)
                return .literal
            default:
                if Self.isWordByte(current) { return word() }
                offset += 1
                return .mark(current)
            }
        }
        return nil
    }

    private static func isWordByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "$"), 0x80...:
            true
        default: false
        }
    }

    private mutating func skipLine() {
        while offset < bytes.count, bytes[offset] != UInt8(ascii: "\n") { offset += 1 }
    }

    /// Skips a comment; of an executable one only its opening, with the version number.
    private mutating func skipCommentStart() {
        var start = offset + 2
        if byte(at: start) == UInt8(ascii: "M"), byte(at: start + 1) == UInt8(ascii: "!") { start += 1 }
        if byte(at: start) == UInt8(ascii: "!") {
            offset = start + 1
            while (48...57).contains(byte(at: offset)) { offset += 1 }
            return
        }
        offset += 2
        while offset < bytes.count {
            if bytes[offset] == UInt8(ascii: "*"), byte(at: offset + 1) == UInt8(ascii: "/") {
                offset += 2
                return
            }
            offset += 1
        }
    }

    private mutating func quoted(by quote: UInt8, escapes: Bool) -> String {
        var text: [UInt8] = []
        offset += 1
        while offset < bytes.count {
            let current = bytes[offset]
            offset += 1
            if current == quote {
                guard byte(at: offset) == quote, offset < bytes.count else { break }
                offset += 1
            } else if escapes, current == UInt8(ascii: "\\") {
                offset += 1
                continue
            }
            text.append(current)
        }
        return String(decoding: text, as: UTF8.self)
    }

    private mutating func word() -> Token {
        let start = offset
        while offset < bytes.count, Self.isWordByte(bytes[offset]) { offset += 1 }
        return .word(String(decoding: bytes[start..<offset], as: UTF8.self))
    }
}
