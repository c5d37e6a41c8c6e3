/// Finds its way in the text of a CREATE TRIGGER statement.
struct TriggerStatement: Sendable, Hashable {
    /// Triggers of one table with the same words here, such as `BEFORE INSERT`, fire one after the other.
    let occasion: String
    /// Where `FOR EACH ROW` ends: in front of the body.
    private let bodyStart: Int
    private let statement: [UInt8]

    /// nil when the text is of another form.
    init?(_ statement: [UInt8], ansiQuotes: Bool) {
        var tokenizer = SQLTokenizer(statement, ansiQuotes: ansiQuotes)
        var words: [String] = []
        var occasion = ""
        while let token = tokenizer.next() {
            guard case .word(let word) = token else {
                words = []
                continue
            }
            words = words.suffix(2) + [word.uppercased()]
            if occasion.isEmpty, words.count >= 2, ["INSERT", "UPDATE", "DELETE"].contains(words[words.count - 1]),
                ["BEFORE", "AFTER"].contains(words[words.count - 2])
            {
                occasion = words.suffix(2).joined(separator: " ")
            }
            if words == ["FOR", "EACH", "ROW"], !occasion.isEmpty {
                self.occasion = occasion
                self.statement = statement
                bodyStart = tokenizer.offset
                return
            }
        }
        return nil
    }

    /// The statement that makes the trigger fire before another one that is there. The server does not keep these words.
    func preceding(_ other: String, ansiQuotes: Bool) -> [UInt8] {
        let name = ansiQuotes ? "\"" + other.replacing("\"", with: "\"\"") + "\"" : SQLText.name(other)
        return statement[..<bodyStart] + Array(" PRECEDES \(name)".utf8) + statement[bodyStart...]
    }
}
