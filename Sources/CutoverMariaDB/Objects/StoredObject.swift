internal import CutoverModel

/// A trigger or event with all that decides what its text means.
struct StoredObject: Sendable, Hashable {
    var kind: ObjectKind
    var database: String
    var name: String
    /// The table of a trigger; empty for an event.
    var table: String
    /// What SHOW CREATE says, in the bytes of `characterSetClient`.
    var statement: [UInt8]
    /// As `user@host`; may be a role.
    var definer: String
    var sqlMode: String
    var characterSetClient: String
    var collationConnection: String
    var databaseCollation: String
    /// Of an event; empty for a trigger.
    var timeZone: String
    /// Of an event.
    var status: EventStatus?
    /// True for a one-time event whose time has passed, and for a recurring one whose end has.
    var isExpired: Bool

    /// What an event does after it was created.
    enum EventStatus: String, Sendable {
        case enabled = "ENABLED"
        case disabled = "DISABLED"
        case slavesideDisabled = "SLAVESIDE_DISABLED"

        /// The word of ALTER EVENT.
        var keyword: String {
            switch self {
            case .enabled: "ENABLE"
            case .disabled: "DISABLE"
            case .slavesideDisabled: "DISABLE ON SLAVE"
            }
        }
    }

    /// The session settings under which the statement means what it meant when it was made.
    var sessionSettings: [String] {
        var settings = [
            "SET SESSION sql_mode=\(SQLText.string(sqlMode)), character_set_client=\(characterSetClient), "
                + "collation_connection=\(collationConnection)"
        ]
        if !timeZone.isEmpty { settings.append("SET SESSION time_zone=\(SQLText.string(timeZone))") }
        return settings
    }

    /// The definer as SQL, such as `` `app`@`%` ``.
    var definerSQL: String {
        guard let at = definer.lastIndex(of: "@") else { return SQLText.name(definer) }
        return SQLText.name(String(definer[..<at])) + "@" + SQLText.name(String(definer[definer.index(after: at)...]))
    }

    /// What an operator pastes into the `mariadb` client to make the object by hand.
    var handSQL: String {
        let text = String(decoding: statement, as: UTF8.self)
        let lines = ["USE \(SQLText.name(database))"] + sessionSettings + [text]
        return "DELIMITER ;;\n" + lines.joined(separator: ";;\n") + ";;\nDELIMITER ;\n"
    }

    func outcome(_ result: ObjectResult, _ message: String = "") -> ObjectOutcome {
        ObjectOutcome(
            kind: kind, database: database, name: name, table: table, result: result, message: message,
            sql: result == .failed || result == .leftBehind ? handSQL : "")
    }
}
