import CutoverModel
import CutoverTasks
import GRDB

extension CommitTransaction {
    /// Applies a batch's write and the stops with it.
    mutating func apply(
        _ batch: EncodedBatch, with writes: [EncodedWrite], atomically: Bool
    ) throws -> RawBatchOutcome {
        let current = try batchRow(batch.id)
        guard (current?.revision ?? 0) == batch.expectedRevision else {
            return .lost(try StoreQueries.batch(db, id: batch.id))
        }
        let outcomes: [RawOutcome]
        if atomically, !writes.isEmpty {
            guard let all = try applyAll(writes) else { return .refused(try writes.map(asItStands)) }
            outcomes = all
        } else {
            outcomes = try writes.map { try apply($0) }
            guard outcomes.allSatisfy(\.stands) else { return .partial(outcomes) }
        }
        try store(batch, n: current?.n)
        return .applied(revision: revision, outcomes)
    }

    /// All of them, or nil with nothing changed.
    private mutating func applyAll(_ writes: [EncodedWrite]) throws -> [RawOutcome]? {
        let before = self
        try db.execute(sql: "SAVEPOINT stops")
        var outcomes: [RawOutcome] = []
        outcomes.reserveCapacity(writes.count)
        for write in writes {
            let outcome = try apply(write)
            guard outcome.stands else {
                try db.execute(sql: "ROLLBACK TO stops")
                try db.execute(sql: "RELEASE stops")
                self = before
                return nil
            }
            outcomes.append(outcome)
        }
        try db.execute(sql: "RELEASE stops")
        return outcomes
    }

    private func asItStands(_ write: EncodedWrite) throws -> RawOutcome {
        if let request = write.request, let known = try StoreQueries.request(db, id: request.id) {
            return .requestKnown(known)
        }
        return .lost(try StoreQueries.state(db, id: write.taskID))
    }

    private func batchRow(_ id: String) throws -> (n: Int64, revision: Int64)? {
        let statement = try db.cachedStatement(sql: "SELECT n, revision FROM batch WHERE id = ?")
        return try statement.first(id) { (try $0.integer(0), try $0.integer(1)) }
    }

    private mutating func store(_ batch: EncodedBatch, n: Int64?) throws {
        let key: Int64
        if let n {
            let sql = "UPDATE batch SET revision = ?, state = ?, record = ? WHERE n = ?"
            try db.cachedStatement(sql: sql).run(revision, Int64(batch.state.rawValue), batch.record, n)
            key = n
        } else {
            let sql = "INSERT INTO batch (id, revision, state, record) VALUES (?, ?, ?, ?)"
            try db.cachedStatement(sql: sql).run(batch.id, revision, Int64(batch.state.rawValue), batch.record)
            key = db.lastInsertedRowID
        }
        for page in batch.pages {
            let statement = try db.cachedStatement(
                sql: """
                    INSERT INTO batch_page (batch, idx, body) VALUES (?, ?, ?)
                    ON CONFLICT (batch, idx) DO UPDATE SET body = excluded.body
                    """)
            try statement.run(key, page.index, page.body)
        }
        try appendEvent(
            task: "", batch: batch.id, from: .unspecified, to: .unspecified, actor: batch.actor, atMs: batch.atMs,
            action: batch.action)
    }
}
