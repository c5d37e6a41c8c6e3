import CutoverTasks
import Dispatch
import GRDB
import Synchronization

/// Connections that only read and never checkpoint.
///
/// Callers put their reads into a bounded queue. A connection that is free takes what waits, a few at a time, and carries it out
/// in one transaction, which begins after they were taken: each sees every commit that was answered before it was asked for.
///
/// A second connection that checkpoints would meet the WAL-reset fault of SQLite 3.40 (damaged databases).
final class ReaderSet: Sendable {
    /// One caller's read.
    private struct Job {
        /// Carries it out; with an error, which is then the answer, without.
        var perform: @Sendable (Result<Database, any Error>) -> Void
    }

    private struct State {
        var waiting: [Job] = []
        /// Waiting and running.
        var count = 0
        /// The connections that have nothing to do.
        var free: [Int]
        var isClosed = false
    }

    /// Reads that share a transaction at most: one of them may be a long one that the others wait for.
    private static let sharedLimit = 32

    private let readers: [DatabaseQueue]
    private let limit: Int
    private let state: Mutex<State>

    /// Opens after the writer, which has made the files.
    init(path: String, count: Int, limit: Int) throws {
        let count = max(1, min(16, count))
        readers = try (0..<count).map { try Self.open(path: path, label: "cutover.store.reader.\($0)") }
        self.limit = limit
        state = Mutex(State(free: Array(0..<count)))
    }

    static func open(path: String, label: String) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.readonly = true
        configuration.label = label
        configuration.foreignKeysEnabled = false
        configuration.busyMode = .timeout(Double(SQLiteTaskStore.busyTimeoutMs) / 1000)
        configuration.prepareDatabase { db in
            try db.execute(sql: "PRAGMA wal_autocheckpoint = 0")
        }
        return try DatabaseQueue(path: path, configuration: configuration)
    }

    /// Runs one short read at one snapshot.
    ///
    /// - Throws: `.busy` at the bound, `.closed`, `CancellationError`.
    func read<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        try Task.checkCancellation()
        let value: Value
        do {
            value = try await withCheckedThrowingContinuation { continuation in
                let job = Job { database in continuation.resume(with: Result { try body(try database.get()) }) }
                if let refusal = enqueue(job) { continuation.resume(throwing: refusal) }
            }
        } catch {
            // A read that was taken just before the connections were closed.
            throw state.withLock { $0.isClosed } ? TaskStoreError.closed : TaskStoreError(database: error)
        }
        try Task.checkCancellation()
        return value
    }

    private func enqueue(_ job: Job) -> TaskStoreError? {
        let (refusal, reader) = state.withLock { state -> (TaskStoreError?, Int?) in
            guard !state.isClosed else { return (.closed, nil) }
            guard state.count < limit else {
                return (TaskStoreError(.busy, "\(limit) reads are under way already: try again later"), nil)
            }
            state.count += 1
            state.waiting.append(job)
            return (nil, state.free.popLast())
        }
        if let reader { readers[reader].asyncWriteWithoutTransaction { self.drain($0, reader) } }
        return refusal
    }

    private func drain(_ db: Database, _ reader: Int) {
        while let jobs = next(reader) {
            carryOut(jobs, db)
            state.withLock { $0.count -= jobs.count }
        }
    }

    /// Part of what waits, so that something is left for the other connections; nil, and the connection is free, when nothing
    /// waits.
    private func next(_ reader: Int) -> [Job]? {
        state.withLock { state in
            guard !state.waiting.isEmpty else {
                state.free.append(reader)
                return nil
            }
            let share = (state.waiting.count + readers.count - 1) / readers.count
            let jobs = Array(state.waiting.prefix(min(share, Self.sharedLimit)))
            state.waiting.removeFirst(jobs.count)
            return jobs
        }
    }

    private func carryOut(_ jobs: [Job], _ db: Database) {
        do {
            try db.beginTransaction(.deferred)
        } catch {
            for job in jobs { job.perform(.failure(error)) }
            return
        }
        for job in jobs { job.perform(.success(db)) }
        // Nothing was written; a transaction that does not end makes the next one fail, which its callers are told.
        try? db.commit()
    }

    /// Refuses new reads, waits for the running ones, and closes the connections.
    func close() async {
        state.withLock { $0.isClosed = true }
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async { [readers] in
                // A connection that does not close is closed when the last reference goes.
                for reader in readers { try? reader.close() }
                continuation.resume()
            }
        }
    }
}
