/// Finds its way in the text of SHOW CREATE EVENT.
enum EventStatement {
    /// The same statement with the event created disabled.
    ///
    /// The server writes `… ON COMPLETION [NOT] PRESERVE <status> …` after the schedule; the status word follows the first
    /// `PRESERVE` outside quotes.
    /// - Returns: nil when the text is not of that form.
    static func disabled(_ statement: [UInt8]) -> [UInt8]? {
        guard let start = endOfFirst("PRESERVE ", outsideQuotesIn: statement) else { return nil }
        let rest = statement[start...]
        for word in ["DISABLE ON SLAVE", "DISABLE ON REPLICA", "DISABLE", "ENABLE"] where rest.starts(with: word.utf8) {
            return Array(statement[..<start]) + Array("DISABLE".utf8) + Array(rest.dropFirst(word.utf8.count))
        }
        return nil
    }

    private static func endOfFirst(_ word: String, outsideQuotesIn text: [UInt8]) -> Int? {
        let wanted = Array(word.utf8)
        var quote: UInt8?
        var index = 0
        while index < text.count {
            let byte = text[index]
            if let open = quote {
                if byte == UInt8(ascii: "\\"), open != UInt8(ascii: "`") { index += 1 } else if byte == open { quote = nil }
            } else if byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "`") {
                quote = byte
            } else if text[index...].starts(with: wanted) {
                return index + wanted.count
            }
            index += 1
        }
        return nil
    }
}
