internal import CutoverModel
internal import CutoverTasks

/// Makes triggers, events and counters at the destination, once, under the fence.
///
/// Safe to repeat: what is there and the same is left alone.
struct ObjectMover: Sendable {
    let source: ObjectReader
    let destination: ObjectReader
    let fence: Fence

    // MARK: - Inventory

    /// All that a forced stop would leave behind.
    static func inventory(_ source: ObjectReader) async throws -> [ObjectOutcome] {
        try await source.requirePrivilege("TRIGGER")
        try await source.requirePrivilege("EVENT")
        var outcomes = try await source.triggers().map { $0.outcome(.leftBehind) }
        outcomes += try await source.events().map { $0.outcome(.leftBehind) }
        outcomes += try await source.counters().map { counter in
            counterOutcome(counter.database, counter.table, .leftBehind, sql: counterSQL(counter))
        }
        return outcomes
    }

    // MARK: - Triggers and counters

    func moveTriggers() async throws -> [ObjectOutcome] {
        try await source.requirePrivilege("TRIGGER")
        var outcomes = try await moveCounters()
        let present = try await Self.byName(destination.triggers())
        for trigger in try await source.triggers() {
            outcomes.append(try await move(trigger, present[Key(trigger)]) { session in
                try session.execute(statement: trigger.statement, as: "create a trigger")
            })
        }
        return outcomes
    }

    private func moveCounters() async throws -> [ObjectOutcome] {
        let there = Dictionary(
            try await destination.counters().map { ("\($0.database).\($0.table)", $0.next) },
            uniquingKeysWith: { first, _ in first })
        var outcomes: [ObjectOutcome] = []
        for counter in try await source.counters() {
            if let next = there["\(counter.database).\(counter.table)"], next >= counter.next {
                outcomes.append(Self.counterOutcome(counter.database, counter.table, .present))
                continue
            }
            let statement = Self.counterSQL(counter)
            do {
                try await onDDLSession { session in try session.execute(statement, as: "carry a counter over") }
                outcomes.append(Self.counterOutcome(counter.database, counter.table, .created))
            } catch let error as MariaDBError where error.code == .server {
                outcomes.append(
                    Self.counterOutcome(
                        counter.database, counter.table, .failed, message: error.message, sql: statement))
            }
        }
        return outcomes
    }

    private static func counterSQL(_ counter: (database: String, table: String, next: UInt64)) -> String {
        "ALTER TABLE \(SQLText.name(counter.database, counter.table)) AUTO_INCREMENT=\(counter.next)"
    }

    private static func counterOutcome(
        _ database: String, _ table: String, _ result: ObjectResult, message: String = "", sql: String = ""
    ) -> ObjectOutcome {
        ObjectOutcome(
            kind: .autoIncrement, database: database, name: table, table: table, result: result, message: message,
            sql: sql)
    }

    // MARK: - Events

    func moveEvents() async throws -> [ObjectOutcome] {
        try await source.requirePrivilege("EVENT")
        let present = try await Self.byName(destination.events())
        var outcomes: [ObjectOutcome] = []
        for event in try await source.events() {
            if event.isExpired {
                outcomes.append(event.outcome(.skipped, "its time has passed"))
                continue
            }
            guard let disabled = EventStatement.disabled(event.statement) else {
                outcomes.append(event.outcome(.failed, "its definition has an unexpected form; create it by hand"))
                continue
            }
            let name = SQLText.name(event.database, event.name)
            let status = event.status ?? .disabled
            outcomes.append(
                try await move(event, present[Key(event)]) { session in
                    try session.execute(statement: disabled, as: "create an event")
                    guard status != .disabled else { return }
                    // Enabled as the last act, and by its own definer: ALTER EVENT takes the definer of whoever runs it.
                    try session.execute(
                        "ALTER DEFINER=\(event.definerSQL) EVENT \(name) \(status.keyword)", as: "set an event's status")
                })
        }
        return outcomes
    }

    // MARK: - One object

    private struct Key: Hashable {
        let kind: ObjectKind
        let database: String
        let name: String

        init(_ object: StoredObject) {
            kind = object.kind
            database = object.database
            name = object.name
        }
    }

    private static func byName(_ objects: [StoredObject]) -> [Key: StoredObject] {
        Dictionary(objects.map { (Key($0), $0) }, uniquingKeysWith: { first, _ in first })
    }

    private func move(
        _ object: StoredObject, _ present: StoredObject?,
        _ create: @escaping @Sendable (MariaDBSession) throws -> Void
    ) async throws -> ObjectOutcome {
        if let present { return try await settle(object, present) }
        do {
            let warning = try await onDDLSession { session in
                try session.execute("USE \(SQLText.name(object.database))", as: "enter a database")
                for setting in object.sessionSettings { try session.execute(setting, as: "set up the session") }
                try create(session)
                return try Self.definerWarning(session, object)
            }
            return object.outcome(.created, warning)
        } catch let error as MariaDBError where error.code == .server {
            // The server refused this object: that is its outcome, and the others go on.
            return object.outcome(.failed, "\(error.serverCode): \(error.message)")
        }
    }

    /// An object of the name is there: the same, created by an earlier attempt but not yet enabled, or another one.
    private func settle(_ object: StoredObject, _ present: StoredObject) async throws -> ObjectOutcome {
        if Self.isSame(object, present) { return object.outcome(.present) }
        guard object.kind == .event, let status = object.status, present.status == .disabled, status != .disabled,
            let mine = EventStatement.disabled(object.statement), mine == EventStatement.disabled(present.statement)
        else {
            return object.outcome(.failed, "a different \(object.kind.name.lowercased()) of this name is there")
        }
        let name = SQLText.name(object.database, object.name)
        try await onDDLSession { session in
            try session.execute(
                "ALTER DEFINER=\(object.definerSQL) EVENT \(name) \(status.keyword)", as: "set an event's status")
        }
        return object.outcome(.created)
    }

    private static func isSame(_ one: StoredObject, _ other: StoredObject) -> Bool {
        one.statement == other.statement && one.table == other.table && one.sqlMode == other.sqlMode
            && one.characterSetClient == other.characterSetClient
            && one.collationConnection == other.collationConnection && one.timeZone == other.timeZone
            && one.status == other.status
    }

    /// A missing definer is no error at creation, only when the object runs: say it now.
    private static func definerWarning(_ session: MariaDBSession, _ object: StoredObject) throws -> String {
        let account = SQLText.string(object.definer)
        let known = try? session.query(
            "SELECT EXISTS (SELECT 1 FROM mysql.user WHERE CONCAT(user, '@', host)=\(account) OR user=\(account))",
            as: "look for a definer"
        ).first?[0]
        return known == "0" ? "its definer \(object.definer) does not exist at the destination: it will fail when it runs" : ""
    }

    @discardableResult
    private func onDDLSession<Value: Sendable>(
        _ body: @escaping @Sendable (MariaDBSession) throws -> Value
    ) async throws -> Value {
        let fence = fence
        return try await destination.connection.withSession { session in
            defer { _ = try? session.execute(Self.neutralSettings, as: "set up the session") }
            return try fence.onDDLSession(session) { try body(session) }
        }
    }

    private static let neutralSettings =
        "SET SESSION sql_mode='', character_set_client=utf8mb4, collation_connection=utf8mb4_general_ci, time_zone='+00:00'"
}
