/// Tells what a logged statement is and which objects it names, from its first words.
///
/// Grammar: "SQL Statements" in the MariaDB knowledge base. The binlog writes object names with or without the database;
/// without one, the event's default database holds.
struct StatementClassifier {
    private let tokens: [SQLTokenizer.Token]
    private let defaultDatabase: String
    private var index = 0

    static func classify(_ statement: [UInt8], defaultDatabase: String, ansiQuotes: Bool = false) -> StatementKind {
        let tokens = SQLTokenizer.tokens(statement, ansiQuotes: ansiQuotes)
        var classifier = StatementClassifier(tokens: tokens, defaultDatabase: defaultDatabase)
        return classifier.statement()
    }

    private init(tokens: [SQLTokenizer.Token], defaultDatabase: String) {
        self.tokens = tokens
        self.defaultDatabase = defaultDatabase
    }

    /// The keyword at the cursor in capitals; nil for anything quoted.
    private func keyword(_ ahead: Int = 0) -> String? {
        guard index + ahead < tokens.count, case .word(let word) = tokens[index + ahead] else { return nil }
        return word.uppercased()
    }

    private mutating func accept(_ words: String...) -> Bool {
        for (ahead, word) in words.enumerated() where keyword(ahead) != word { return false }
        index += words.count
        return true
    }

    private mutating func statement() -> StatementKind {
        guard let verb = keyword() else { return tokens.isEmpty ? .empty : .unknown("?") }
        index += 1
        switch verb {
        case "BEGIN", "START": return .begin
        case "COMMIT": return .commit
        case "ROLLBACK": return keyword() == "TO" || keyword(1) == "TO" ? .savepoint : .rollback
        case "SAVEPOINT", "RELEASE": return .savepoint
        case "INSERT", "UPDATE", "DELETE", "REPLACE", "LOAD", "CALL", "DO", "SELECT", "WITH", "EXECUTE":
            return .dml(verb: verb)
        case "XA": return keyword() == "COMMIT" ? .xaCommit : keyword() == "ROLLBACK" ? .xaRollback : .xaOther
        case "GRANT", "REVOKE": return .ignored(.account)
        case "ANALYZE", "OPTIMIZE", "REPAIR", "CHECK", "CHECKSUM", "FLUSH", "CACHE", "RESET", "PURGE":
            return .ignored(.maintenance)
        case "SET": return set()
        case "CREATE": return create()
        case "ALTER": return alter()
        case "DROP": return drop()
        case "RENAME": return rename()
        case "TRUNCATE":
            _ = accept("TABLE")
            return ddl("TRUNCATE TABLE", name().map { [$0] })
        default: return .unknown(verb)
        }
    }

    /// SET PASSWORD and its kin are accounts; SET STATEMENT … FOR wraps another statement.
    private mutating func set() -> StatementKind {
        if ["PASSWORD", "ROLE", "DEFAULT"].contains(keyword()) { return .ignored(.account) }
        guard accept("STATEMENT") else { return .unknown("SET") }
        while index < tokens.count {
            if accept("FOR") { return statement() }
            index += 1
        }
        return .unknown("SET STATEMENT")
    }

    private func ddl(_ kind: String, _ targets: [ObjectName]?, isSwap: Bool = false) -> StatementKind {
        guard let targets, !targets.isEmpty else { return .unknown(kind) }
        return .ddl(DDLStatement(kind: kind, targets: targets, isSwap: isSwap))
    }

    /// `name`, `database.name`; nil at anything else.
    private mutating func name() -> ObjectName? {
        guard let first = part() else { return nil }
        guard index < tokens.count, tokens[index] == .mark(UInt8(ascii: ".")) else {
            return ObjectName(database: defaultDatabase, object: first)
        }
        index += 1
        guard let second = part() else { return nil }
        return ObjectName(database: first, object: second)
    }

    private mutating func part() -> String? {
        guard index < tokens.count else { return nil }
        switch tokens[index] {
        case .word(let text), .name(let text):
            index += 1
            return text
        default: return nil
        }
    }

    private mutating func names() -> [ObjectName]? {
        var all: [ObjectName] = []
        repeat {
            guard let next = name() else { return nil }
            all.append(next)
        } while acceptComma()
        return all
    }

    private mutating func acceptComma() -> Bool {
        guard index < tokens.count, tokens[index] == .mark(UInt8(ascii: ",")) else { return false }
        index += 1
        return true
    }

    private mutating func existence() {
        if !accept("IF", "NOT", "EXISTS") { _ = accept("IF", "EXISTS") }
    }

    private mutating func database(_ verb: String) -> StatementKind {
        existence()
        let target = part().map { [ObjectName(database: $0, object: nil)] }
        return ddl(verb + " DATABASE", target)
    }

    /// Skips `OR REPLACE`, `DEFINER = …`, `ALGORITHM = …`, `SQL SECURITY …` and stops at the object kind.
    private mutating func objectKind() -> String? {
        let kinds: Set = [
            "TABLE", "VIEW", "PROCEDURE", "FUNCTION", "TRIGGER", "EVENT", "INDEX", "DATABASE", "SCHEMA", "USER", "ROLE",
            "SEQUENCE", "PACKAGE", "SERVER",
        ]
        var steps = 0
        while index < tokens.count, steps < 40 {
            if let word = keyword(), kinds.contains(word) {
                index += 1
                return word
            }
            if keyword() == "TEMPORARY" { return "TEMPORARY" }
            index += 1
            steps += 1
        }
        return nil
    }

    private mutating func create() -> StatementKind {
        guard let kind = objectKind() else { return .unknown("CREATE") }
        switch kind {
        case "TEMPORARY": return .ignored(.temporaryTable)
        case "TRIGGER": return .ignored(.trigger)
        case "EVENT": return .ignored(.event)
        case "USER", "ROLE": return .ignored(.account)
        case "DATABASE", "SCHEMA": return database("CREATE")
        case "INDEX":
            existence()
            _ = part()
            return index(verb: "CREATE")
        case "TABLE", "VIEW", "PROCEDURE", "FUNCTION", "SEQUENCE":
            existence()
            return ddl("CREATE " + kind, name().map { [$0] })
        case "PACKAGE":
            _ = accept("BODY")
            existence()
            return ddl("CREATE PACKAGE", name().map { [$0] })
        default: return .unknown("CREATE " + kind)
        }
    }

    /// The table of `… INDEX name [USING …] ON table`.
    private mutating func index(verb: String) -> StatementKind {
        while index < tokens.count, keyword() != "ON" { index += 1 }
        index += 1
        return ddl(verb + " INDEX", name().map { [$0] })
    }

    private mutating func alter() -> StatementKind {
        guard let kind = objectKind() else { return .unknown("ALTER") }
        switch kind {
        case "EVENT": return .ignored(.event)
        case "USER", "ROLE": return .ignored(.account)
        case "DATABASE", "SCHEMA": return alterDatabase()
        case "TABLE": return alterTable()
        case "VIEW", "PROCEDURE", "FUNCTION", "SEQUENCE":
            existence()
            return ddl("ALTER " + kind, name().map { [$0] })
        default: return .unknown("ALTER " + kind)
        }
    }

    /// The name may be missing: then the default database is meant.
    private mutating func alterDatabase() -> StatementKind {
        let options: Set = ["CHARACTER", "CHARSET", "COLLATE", "DEFAULT", "COMMENT", "UPGRADE"]
        if keyword().map(options.contains) ?? false {
            return ddl("ALTER DATABASE", [ObjectName(database: defaultDatabase, object: nil)])
        }
        return database("ALTER")
    }

    private mutating func alterTable() -> StatementKind {
        existence()
        guard let table = name() else { return .unknown("ALTER TABLE") }
        var targets = [table]
        var depth = 0
        var isSwap = false
        while index < tokens.count {
            switch tokens[index] {
            case .mark(UInt8(ascii: "(")): depth += 1
            case .mark(UInt8(ascii: ")")): depth -= 1
            case .word where depth == 0 && keyword() == "RENAME":
                index += 1
                if ["COLUMN", "INDEX", "KEY"].contains(keyword()) { continue }
                if !accept("TO") { _ = accept("AS") }
                if index < tokens.count, tokens[index] == .mark(UInt8(ascii: "=")) { index += 1 }
                if let renamed = name() { targets.append(renamed) }
                continue
            case .word where depth == 0 && keyword() == "EXCHANGE":
                while index < tokens.count, !accept("TABLE") { index += 1 }
                if let other = name() { targets.append(other) }
                isSwap = true
                continue
            default: break
            }
            index += 1
        }
        return ddl("ALTER TABLE", targets, isSwap: isSwap)
    }

    private mutating func drop() -> StatementKind {
        guard let kind = objectKind() else { return .unknown("DROP") }
        switch kind {
        case "TEMPORARY": return .ignored(.temporaryTable)
        case "TRIGGER": return .ignored(.trigger)
        case "EVENT": return .ignored(.event)
        case "USER", "ROLE": return .ignored(.account)
        case "DATABASE", "SCHEMA": return database("DROP")
        case "INDEX": return index(verb: "DROP")
        case "TABLE", "VIEW", "SEQUENCE", "PROCEDURE", "FUNCTION":
            existence()
            return ddl("DROP " + kind, names())
        case "PACKAGE":
            _ = accept("BODY")
            existence()
            return ddl("DROP PACKAGE", name().map { [$0] })
        default: return .unknown("DROP " + kind)
        }
    }

    private mutating func rename() -> StatementKind {
        if keyword() == "USER" { return .ignored(.account) }
        guard accept("TABLE") || accept("TABLES") else { return .unknown("RENAME") }
        existence()
        var targets: [ObjectName] = []
        repeat {
            guard let from = name() else { return .unknown("RENAME TABLE") }
            if accept("WAIT") { index += 1 } else { _ = accept("NOWAIT") }
            guard accept("TO"), let target = name() else { return .unknown("RENAME TABLE") }
            targets += [from, target]
        } while acceptComma()
        return ddl("RENAME TABLE", targets, isSwap: Set(targets).count < targets.count)
    }
}
