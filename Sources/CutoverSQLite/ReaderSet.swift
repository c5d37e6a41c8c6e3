import CutoverTasks
import Dispatch
import GRDB
import Synchronization

/// Connections that only read and never checkpoint, used in turn.
///
/// A second connection that checkpoints would meet the WAL-reset fault of SQLite 3.40 (damaged databases).
final class ReaderSet: Sendable {
    private struct State {
        var next = 0
        var running = 0
        var isClosed = false
    }

    private let readers: [DatabaseQueue]
    private let limit: Int
    private let state = Mutex(State())

    /// Opens after the writer, which has made the files.
    init(path: String, count: Int, limit: Int) throws {
        readers = try (0..<max(1, min(16, count))).map {
            try Self.open(path: path, label: "cutover.store.reader.\($0)")
        }
        self.limit = limit
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
    func read<Value: Sendable>(_ body: @Sendable (Database) throws -> Value) async throws -> Value {
        let reader = try enter()
        defer { state.withLock { $0.running -= 1 } }
        do {
            return try await reader.read(body)
        } catch let error as CancellationError {
            throw error
        } catch {
            // A read that began just before the connections were closed.
            throw state.withLock { $0.isClosed } ? TaskStoreError.closed : TaskStoreError(database: error)
        }
    }

    private func enter() throws -> DatabaseQueue {
        let index = try state.withLock { state in
            guard !state.isClosed else { throw TaskStoreError.closed }
            guard state.running < limit else {
                throw TaskStoreError(.busy, "\(limit) reads are under way already: try again later")
            }
            state.running += 1
            state.next = (state.next + 1) % readers.count
            return state.next
        }
        return readers[index]
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
