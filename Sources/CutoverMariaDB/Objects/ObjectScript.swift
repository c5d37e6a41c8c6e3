/// The statements that make one trigger or event, as an operator pastes them into the `mariadb` client, and back.
///
/// The script is UTF-8. A statement that was made in another character set and has more than ASCII in it is put into a
/// variable first: EXECUTE IMMEDIATE converts it to the session's `character_set_client`, which the server keeps with the object.
/// Source: MariaDB Knowledge Base, "EXECUTE IMMEDIATE"; triggers and events may be prepared since MariaDB 10.6.2.
struct ObjectScript: Sendable, Hashable {
    /// A CREATE statement.
    enum Text: Sendable, Hashable {
        case text(String)
        /// Bytes that are text in no known character set.
        case bytes([UInt8])
    }

    var database: String
    var settings: StoredObject.Settings
    var text: Text

    private static let variable = "@cutover_statement"
    private static let textSettings =
        "SET SESSION sql_mode='', character_set_client=utf8mb4, collation_connection=utf8mb4_general_ci"
    private static let delimiters = [";;", "$$", "//", "|;|", "$;$"]

    /// The statement as it is sent, when no variable is needed.
    private var plain: String? {
        guard case .text(let text) = text, settings.isUTF8 || text.utf8.allSatisfy({ $0 < 128 }) else { return nil }
        return text
    }

    private var statements: [String] {
        let use = "USE \(SQLText.name(database))"
        if let plain { return [use] + settings.statements + [plain] }
        let literal =
            switch text {
            case .text(let text): SQLText.string(text)
            case .bytes(let bytes): SQLText.bytes(bytes)
            }
        return [use, Self.textSettings, "SET \(Self.variable)=\(literal)"] + settings.statements
            + ["EXECUTE IMMEDIATE \(Self.variable)"]
    }

    /// The script, each statement ended by a delimiter that none of them contains.
    var sql: String {
        let statements = statements
        let delimiter =
            Self.delimiters.first { mark in !statements.contains { $0.contains(mark) } } ?? Self.delimiters[0]
        return "DELIMITER \(delimiter)\n" + statements.map { "\($0)\(delimiter)\n" }.joined() + "DELIMITER ;\n"
    }
}

extension ObjectScript {
    /// Reads a script that ``sql`` made; nil when it is any other text.
    init?(sql: String) {
        let head = "DELIMITER ", tail = "DELIMITER ;\n"
        guard sql.hasPrefix(head), sql.hasSuffix(tail), let line = sql.firstIndex(of: "\n") else { return nil }
        let delimiter = sql[sql.index(sql.startIndex, offsetBy: head.count)..<line]
        guard Self.delimiters.contains(String(delimiter)) else { return nil }
        let body = sql[sql.index(after: line)...].dropLast(tail.count)
        var statements = body.split(separator: "\(delimiter)\n", omittingEmptySubsequences: false).map(String.init)
        guard statements.popLast() == "", let last = statements.last, let use = statements.first,
            let database = Self.name(use, after: "USE ")
        else { return nil }
        var settings = Array(statements.dropFirst().dropLast())
        var text = Text.text(last)
        if last == "EXECUTE IMMEDIATE \(Self.variable)" {
            guard settings.count > 2, settings[0] == Self.textSettings,
                let value = Self.value(settings[1], after: "SET \(Self.variable)=")
            else { return nil }
            text = value
            settings.removeFirst(2)
        }
        guard let parsed = StoredObject.Settings(statements: settings) else { return nil }
        self.init(database: database, settings: parsed, text: text)
        guard self.sql == sql else { return nil }
    }

    private static func name(_ statement: String, after word: String) -> String? {
        guard statement.hasPrefix(word), statement.hasSuffix("`") else { return nil }
        return String(statement.dropFirst(word.count + 1).dropLast()).replacing("``", with: "`")
    }

    private static func value(_ statement: String, after word: String) -> Text? {
        guard statement.hasPrefix(word) else { return nil }
        let literal = statement.dropFirst(word.count)
        if let text = SQLText.content(ofString: literal) { return .text(text) }
        guard literal.hasPrefix("x'"), literal.hasSuffix("'") else { return nil }
        let digits = Array(literal.dropFirst(2).dropLast())
        guard digits.count % 2 == 0 else { return nil }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let byte = UInt8(String(digits[index...(index + 1)]), radix: 16) else { return nil }
            bytes.append(byte)
        }
        return .bytes(bytes)
    }
}

extension StoredObject.Settings {
    /// Reads what ``statements`` says; nil when it is any other text.
    fileprivate init?(statements: [String]) {
        let form = #/SET SESSION sql_mode='([A-Z_0-9,]*)', character_set_client=(\w+), collation_connection=(\w+)/#
        guard let match = statements.first?.wholeMatch(of: form), statements.count <= 2 else { return nil }
        var timeZone = ""
        if statements.count == 2 {
            let head = "SET SESSION time_zone="
            guard statements[1].hasPrefix(head),
                let zone = SQLText.content(ofString: statements[1].dropFirst(head.count))
            else { return nil }
            timeZone = zone
        }
        self.init(
            sqlMode: String(match.1), characterSetClient: String(match.2), collationConnection: String(match.3),
            timeZone: timeZone)
    }
}
