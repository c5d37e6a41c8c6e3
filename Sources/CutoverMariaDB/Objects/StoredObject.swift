internal import CutoverModel

/// A trigger or event with all that decides what its text means.
struct StoredObject: Sendable, Hashable {
    var kind: ObjectKind
    var database: String
    var name: String
    /// The table of a trigger; empty for an event.
    var table: String
    /// What SHOW CREATE says, in the bytes of `settings.characterSetClient`.
    var statement: [UInt8]
    /// The statement for people, and for SQL that is kept as text.
    var text: ObjectScript.Text
    var settings: Settings
    /// As `user@host`; of a role, with nothing behind the mark. Empty when it is not known.
    var definer: String
    /// Of an event.
    var status: EventStatus?
    /// True for a one-time event whose time has passed, and for a recurring one whose end has.
    var isExpired: Bool

    /// The session settings under which the statement means what it meant when it was made.
    struct Settings: Sendable, Hashable {
        var sqlMode: String
        var characterSetClient: String
        var collationConnection: String
        /// Of an event; empty for a trigger.
        var timeZone: String

        var statements: [String] {
            var statements = [
                "SET SESSION sql_mode=\(SQLText.string(sqlMode)), character_set_client=\(characterSetClient), "
                    + "collation_connection=\(collationConnection)"
            ]
            if !timeZone.isEmpty { statements.append("SET SESSION time_zone=\(SQLText.string(timeZone))") }
            return statements
        }

        var hasANSIQuotes: Bool { sqlMode.split(separator: ",").contains("ANSI_QUOTES") }
        /// Whether text in this character set is UTF-8 as it is.
        var isUTF8: Bool { ["utf8", "utf8mb3", "utf8mb4"].contains(characterSetClient) }
    }

    /// What an event does after it was created.
    enum EventStatus: String, Sendable, CaseIterable {
        case enabled = "ENABLED"
        case disabled = "DISABLED"
        case slavesideDisabled = "SLAVESIDE_DISABLED"
    }

    /// Tells one object from another at a server.
    struct Key: Hashable {
        let kind: ObjectKind
        let database: String
        let name: String
    }

    var key: Key { Key(kind: kind, database: database, name: name) }

    /// Whether the other one does the same, in the same way.
    func isSame(as other: StoredObject) -> Bool {
        statement == other.statement && table == other.table && settings == other.settings && status == other.status
    }

    /// What an operator pastes into the `mariadb` client to make the object by hand.
    var handSQL: String { ObjectScript(database: database, settings: settings, text: text).sql }

    func outcome(_ result: ObjectResult, _ message: String = "") -> ObjectOutcome {
        ObjectOutcome(
            kind: kind, database: database, name: name, table: table, result: result, message: message,
            sql: result == .failed || result == .leftBehind ? handSQL : "")
    }
}
