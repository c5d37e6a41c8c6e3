internal import CutoverModel
internal import CutoverTasks

/// Makes what a forced stop left behind, from the SQL that it kept.
///
/// The objects are judged and made by the same rules as from a source; only the task's fence must be a retired one.
struct ObjectResidue: Sendable {
    let mover: ObjectMover

    init(destination: MariaDBConnection, fence: Fence, objects: [ObjectOutcome]) {
        let scope = ReplicationScope(databases: objects.map(\.database))
        mover = ObjectMover(
            destination: ObjectReader(connection: destination, scope: scope), fence: fence, authority: .retired)
    }

    /// - Throws: `.fenced` when a worker of the task may still write at the destination.
    func requireRetired() async throws {
        let row: Fence.Row?
        do {
            row = try await mover.fence.read(mover.destination.connection)
        } catch let error as MariaDBError where error.isMissingObject {
            row = nil
        }
        guard let row, !row.isOwned, row.epoch > 0 else {
            throw ReplicationError(
                .fenced,
                "The destination is not fenced off against this task's workers, so one may still write there. Stop the task first."
            )
        }
    }

    /// One outcome an object, in order.
    func finish(_ objects: [ObjectOutcome]) async throws -> [ObjectOutcome] {
        try await requireRetired()
        var outcomes = objects
        var parsed: [StoredObject] = []
        var places: [Int] = []
        for (index, object) in objects.enumerated() {
            switch object.kind {
            case .autoIncrement: outcomes[index] = try await raise(object)
            case .trigger, .event:
                if let stored = try await stored(object) {
                    parsed.append(stored)
                    places.append(index)
                } else {
                    outcomes[index] = Self.unreadable(object)
                }
            default: outcomes[index] = Self.unreadable(object)
            }
        }
        for (place, outcome) in zip(places, try await mover.make(parsed)) { outcomes[place] = outcome }
        return outcomes
    }

    private static func unreadable(_ object: ObjectOutcome) -> ObjectOutcome {
        var outcome = object
        outcome.result = .failed
        outcome.message = "its SQL has an unexpected form; run it by hand"
        return outcome
    }

    private func raise(_ object: ObjectOutcome) async throws -> ObjectOutcome {
        guard let counter = TableCounter(object) else { return Self.unreadable(object) }
        return try await mover.raise(counter)
    }

    /// The object as the source had it; nil when the SQL is none that an inventory gives.
    private func stored(_ object: ObjectOutcome) async throws -> StoredObject? {
        guard let script = ObjectScript(sql: object.sql), script.database == object.database else { return nil }
        let statement = try await bytes(of: script)
        let head = SQLTokenizer.tokens(statement, ansiQuotes: script.settings.hasANSIQuotes, limit: 64)
        let words = head.compactMap { if case .word(let word) = $0 { word.uppercased() } else { nil } }
        guard words.first == "CREATE", words.contains(object.kind == .event ? "EVENT" : "TRIGGER") else { return nil }
        let event = object.kind == .event ? EventStatement(statement) : nil
        if object.kind == .event, event == nil { return nil }
        return StoredObject(
            kind: object.kind, database: object.database, name: object.name, table: object.table, statement: statement,
            text: script.text, settings: script.settings, definer: Self.definer(head), status: event?.status,
            isExpired: try await isPast(event?.end, zone: script.settings.timeZone))
    }

    /// The statement in the character set in which it was made.
    private func bytes(of script: ObjectScript) async throws -> [UInt8] {
        switch script.text {
        case .bytes(let bytes): return bytes
        case .text(let text):
            let bytes = Array(text.utf8)
            if script.settings.isUTF8 || bytes.allSatisfy({ $0 < 128 }) { return bytes }
            return try await ObjectReader.convert(
                bytes, from: "utf8mb4", to: script.settings.characterSetClient, mover.destination.connection)
        }
    }

    private func isPast(_ end: String?, zone: String) async throws -> Bool {
        guard let end else { return false }
        let query =
            "SELECT COALESCE(\(SQLText.string(end)) < CONVERT_TZ(UTC_TIMESTAMP(), '+00:00', \(SQLText.string(zone))), 0)"
        return try await mover.destination.connection.value(query) == "1"
    }

    /// The account behind `CREATE DEFINER=`, as `user@host`; of a role, with nothing behind the mark; empty when there is none.
    private static func definer(_ head: [SQLTokenizer.Token]) -> String {
        guard head.count > 6, head[1] == .word("DEFINER"), head[2] == .mark(UInt8(ascii: "=")),
            case .name(let user) = head[3]
        else { return "" }
        guard head[4] == .mark(UInt8(ascii: "@")) else { return user + "@" }
        guard case .name(let host) = head[5] else { return "" }
        return "\(user)@\(host)"
    }
}
