internal import CutoverModel
internal import CutoverTasks

/// Makes triggers, events and counters at the destination, once, under the fence.
///
/// Safe to repeat: what is there and the same is left alone. Nothing is ever dropped or replaced.
struct ObjectMover: Sendable {
    let destination: ObjectReader
    let fence: Fence
    let authority: Fence.Authority

    // MARK: - From a source

    func moveTriggers(from source: ObjectReader) async throws -> [ObjectOutcome] {
        let triggers = try await source.visibleTriggers()
        var outcomes: [ObjectOutcome] = []
        for counter in try await source.counters() { outcomes.append(try await raise(counter)) }
        return try await outcomes + make(triggers)
    }

    func moveEvents(from source: ObjectReader) async throws -> [ObjectOutcome] {
        try await make(source.visibleEvents())
    }

    /// What ``moveTriggers(from:)`` and ``moveEvents(from:)`` would come to for triggers and events; changes nothing.
    static func preview(from source: ObjectReader, at destination: ObjectReader) async throws -> [ObjectOutcome] {
        let objects = try await source.visibleTriggers() + source.visibleEvents()
        let judge = try await ObjectJudge.read(destination)
        let forecast = try await ObjectForecast.read(destination, for: objects)
        return objects.map { object in
            var outcome =
                switch judge.verdict(object) {
                case .create:
                    forecast.refusal(of: object).map { object.outcome(.failed, $0) } ?? object.outcome(.created)
                case .present: object.outcome(.present)
                case .skip(let reason): object.outcome(.skipped, reason)
                case .fail(let reason): object.outcome(.failed, reason)
                }
            outcome.sql = ""
            return outcome
        }
    }

    // MARK: - Counters

    /// Raises a counter that is lower at the destination. It is read right before, so that it never falls.
    func raise(_ counter: TableCounter) async throws -> ObjectOutcome {
        let reader = ObjectReader(
            connection: destination.connection, scope: ReplicationScope(databases: [counter.database]))
        guard let there = try await reader.counters(of: counter.table).first else {
            return counter.outcome(.failed, "the destination has no such table with a counter")
        }
        if there.next >= counter.next { return counter.outcome(.present) }
        do {
            _ = try await onDDLSession { session in try session.execute(counter.sql, as: "carry a counter over") }
            return counter.outcome(.created)
        } catch let error as MariaDBError where error.code == .server {
            return counter.outcome(.failed, "\(error.serverCode): \(error.message)")
        }
    }

    // MARK: - Triggers and events

    /// Makes objects in the order given, which is that in which triggers of one occasion fire.
    func make(_ objects: [StoredObject]) async throws -> [ObjectOutcome] {
        guard !objects.isEmpty else { return [] }
        let judge = try await ObjectJudge.read(destination)
        var outcomes: [ObjectOutcome] = []
        for (index, object) in objects.enumerated() {
            switch judge.verdict(object) {
            case .create: outcomes.append(try await create(object, before: objects[(index + 1)...], judge))
            case .present: outcomes.append(object.outcome(.present))
            case .skip(let reason): outcomes.append(object.outcome(.skipped, reason))
            case .fail(let reason): outcomes.append(object.outcome(.failed, reason))
            }
        }
        return outcomes
    }

    private func create(
        _ object: StoredObject, before later: ArraySlice<StoredObject>, _ judge: ObjectJudge
    ) async throws -> ObjectOutcome {
        guard let statement = Self.statement(of: object, before: later, judge) else {
            return object.outcome(
                .failed, "it could not be placed in front of a trigger that is there; create it by hand")
        }
        do {
            return try await onDDLSession { session in
                try session.execute("USE \(SQLText.name(object.database))", as: "enter a database")
                for setting in object.settings.statements { try session.execute(setting, as: "set up the session") }
                try session.execute(statement: statement, as: "create a \(object.kind.name.lowercased())")
                let warnings = try session.query("SHOW WARNINGS", as: "read the warnings")
                return Self.outcome(of: object, warnings: warnings.compactMap { $0.unsigned("Code") })
            }
        } catch let error as MariaDBError where error.code == .server {
            // The server refused this object: that is its outcome, and the others go on.
            return object.outcome(.failed, "\(error.serverCode): \(error.message)")
        }
    }

    /// An earlier attempt may have made a trigger that fires after this one: then the order must be said.
    private static func statement(
        of object: StoredObject, before later: ArraySlice<StoredObject>, _ judge: ObjectJudge
    ) -> [UInt8]? {
        let quotes = object.settings.hasANSIQuotes
        guard object.kind == .trigger, later.contains(where: judge.has) else { return object.statement }
        let own = TriggerStatement(object.statement, ansiQuotes: quotes)
        let next = later.first { other in
            other.kind == .trigger && other.database == object.database && other.table == object.table
                && judge.has(other)
                && TriggerStatement(other.statement, ansiQuotes: other.settings.hasANSIQuotes)?.occasion
                    == own?.occasion
        }
        guard let next else { return object.statement }
        guard object.settings.isUTF8 || next.name.utf8.allSatisfy({ $0 < 128 }) else { return nil }
        return own?.preceding(next.name, ansiQuotes: quotes)
    }

    /// What the server only warns of. Codes: MariaDB Knowledge Base, "MariaDB Error Codes".
    private static func outcome(of object: StoredObject, warnings: [UInt64]) -> ObjectOutcome {
        // 1588: the event's time came in between, and the server dropped it at once.
        if warnings.contains(1588) { return object.outcome(.skipped, "its time has passed") }
        var notes: [String] = []
        if warnings.contains(1544) { notes.append("its time has passed: it was created disabled") }
        if warnings.contains(1449) { notes.append(ObjectJudge.missingDefiner(object)) }
        if warnings.contains(1105), object.status == .enabled {
            notes.append("event_scheduler is OFF at the destination")
        }
        return object.outcome(.created, notes.joined(separator: "; "))
    }

    private func onDDLSession<Value: Sendable>(
        _ body: @escaping @Sendable (MariaDBSession) throws -> Value
    ) async throws -> Value {
        let (fence, authority) = (fence, authority)
        return try await destination.connection.withSession { session in
            defer { _ = try? session.execute(Self.neutralSettings, as: "set up the session") }
            return try fence.onDDLSession(session, as: authority) { try body(session) }
        }
    }

    private static let neutralSettings =
        "SET SESSION sql_mode='', character_set_client=utf8mb4, collation_connection=utf8mb4_general_ci, time_zone='+00:00'"
}
