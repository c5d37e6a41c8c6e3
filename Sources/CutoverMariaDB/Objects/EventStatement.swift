/// Finds its way in the text of SHOW CREATE EVENT.
///
/// The server writes `… ON SCHEDULE <schedule> ON COMPLETION [NOT] PRESERVE <status> …`, the schedule with its times as literals.
/// What people wrote themselves, comment and body, comes after that; in front of it only the definer and the name are quoted.
struct EventStatement: Sendable, Hashable {
    let status: StoredObject.EventStatus
    /// When a one-time event is due, or a recurring one ends, as `2030-01-31 12:00:00` in the event's time zone; nil when never.
    let end: String?
    /// Where the words that are the server's own end and the body begins.
    let bodyStart: Int

    /// nil when the text is not of that form.
    init?(_ statement: [UInt8]) {
        guard let schedule = Self.end(of: "ON SCHEDULE ", in: statement, from: 0),
            let completion = Self.end(of: " ON COMPLETION ", in: statement, from: schedule),
            let preserve = Self.end(of: "PRESERVE ", in: statement, from: completion),
            let status = Self.status(statement[preserve...]),
            let bodyStart = Self.end(of: " DO ", in: statement, from: preserve)
        else { return nil }
        self.status = status
        self.bodyStart = bodyStart
        let text = String(decoding: statement[schedule..<completion], as: UTF8.self)
        end = text.firstMatch(of: #/(?:^AT|\ ENDS)\ '([^']+)'/#).map { String($0.1) }
    }

    private static func status(_ text: ArraySlice<UInt8>) -> StoredObject.EventStatus? {
        if text.starts(with: "DISABLE ON ".utf8) { return .slavesideDisabled }
        if text.starts(with: "DISABLE".utf8) { return .disabled }
        return text.starts(with: "ENABLE".utf8) ? .enabled : nil
    }

    /// Where the first `word` outside quotes ends. Double quotes hold names here, so only single ones know backslashes.
    private static func end(of word: String, in text: [UInt8], from start: Int) -> Int? {
        let wanted = Array(word.utf8)
        var quote: UInt8?
        var index = start
        while index < text.count {
            let byte = text[index]
            if let open = quote {
                if byte == UInt8(ascii: "\\"), open == UInt8(ascii: "'") {
                    index += 1
                } else if byte == open {
                    quote = nil
                }
            } else if [UInt8(ascii: "'"), UInt8(ascii: "\""), UInt8(ascii: "`")].contains(byte) {
                quote = byte
            } else if text[index...].starts(with: wanted) {
                return index + wanted.count
            }
            index += 1
        }
        return nil
    }
}
