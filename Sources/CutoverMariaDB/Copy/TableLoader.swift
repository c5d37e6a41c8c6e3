internal import CutoverTasks

/// Copies one part of one table over a pair of connections.
struct TableLoader: Sendable {
    let plan: RowPlan
    let fence: Fence
    let chunkBytes: Int
    /// Called after each commit.
    let onCommit: @Sendable (ChunkCount) -> Void

    /// Reads and loads at the same time; if either fails the other ends at once.
    func copy(_ range: KeyRange, from source: MariaDBConnection, to destination: MariaDBConnection) async throws {
        let pipe = ChunkPipe()
        try await withTaskCancellationHandler {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await source.withSession { try read(range, $0, pipe) } }
                group.addTask { try await destination.withSession { try load($0, pipe) } }
                do {
                    while try await group.next() != nil {}
                } catch {
                    pipe.abort(error)
                    source.cancel()
                    destination.cancel()
                    throw pipe.failure ?? error
                }
            }
        } onCancel: {
            pipe.abort(CancellationError())
        }
    }

    private func read(_ range: KeyRange, _ session: MariaDBSession, _ pipe: ChunkPipe) throws {
        do {
            // Frees the table's metadata lock at the end, so that an ALTER at the source need not wait for the copy.
            try session.execute("SAVEPOINT part", as: "read \(plan.table.path)")
            var encoder = RowEncoder(plan: plan, pipe: pipe, chunkBytes: chunkBytes)
            try session.stream(plan.selectStatement(range), as: "read \(plan.table.path)") { row in
                try encoder.append(row)
            }
            try encoder.finish()
            try session.execute("ROLLBACK TO SAVEPOINT part", as: "read \(plan.table.path)")
        } catch {
            pipe.abort(error)
            throw error
        }
    }

    private func load(_ session: MariaDBSession, _ pipe: ChunkPipe) throws {
        do {
            let source = InfileSource(pipe)
            while try source.prepareChunk() {
                try loadChunk(session, source)
            }
        } catch {
            pipe.abort(error)
            throw error
        }
    }

    private func loadChunk(_ session: MariaDBSession, _ source: InfileSource) throws {
        let operation = "load \(plan.table.path)"
        try session.execute("START TRANSACTION", as: operation)
        do {
            try fence.holdShared(session)
            let result = try session.load(plan.loadStatement, from: source, as: operation)
            guard !source.isAborted, let count = source.count else { throw CancellationError() }
            try verify(result, count, session)
            try session.execute(
                """
                UPDATE \(Fence.progressTable) SET row_count=row_count+\(count.rows) WHERE task=\(fence.taskLiteral) \
                AND db=\(SQLText.string(plan.table.database)) AND name=\(SQLText.string(plan.table.name))
                """, as: "count rows")
            try session.execute("COMMIT", as: operation)
            onCommit(count)
        } catch {
            // If this fails the connection is gone, and the transaction with it.
            _ = try? session.execute("ROLLBACK", as: operation)
            throw error
        }
    }

    /// LOAD DATA LOCAL turns errors into warnings, also in strict mode: nothing may be warned of or missing.
    private func verify(_ result: ExecutionResult, _ count: ChunkCount, _ session: MariaDBSession) throws {
        guard result.affectedRows == count.rows, result.warnings == count.zeroEnums else {
            let warning = try session.query("SHOW WARNINGS LIMIT 1", as: "read warnings").first
            let code = Int(warning?.integer("Code") ?? 0)
            let text = MariaDBError.redacted(warning?["Message"] ?? "no reason given", serverCode: code)
            throw ReplicationError(
                .copyFailed,
                """
                \(plan.table.path): the destination took \(result.affectedRows) of \(count.rows) rows of a chunk, with \
                \(result.warnings) warnings; the first: \(text) (\(code)). The chunk was rolled back.
                """)
        }
    }
}
