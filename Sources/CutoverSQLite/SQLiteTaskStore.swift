public import CutoverModel
public import CutoverTasks
import Dispatch
import Foundation
import GRDB
public import Logging

/// Tasks in a SQLite database on a local disk: the embedded default, for one server process.
///
/// One connection writes. It puts what several callers ask for into one commit, waits for the disk, and answers then: what
/// was answered survives a power cut. Other connections only read. Errors are `TaskStoreError`; a cancelled read or wait
/// throws `CancellationError`.
public final class SQLiteTaskStore: TaskStore {
    /// Writes of one call.
    public static let batchLimit = TaskStoreLimits.writes
    /// How long a connection waits for a lock that another program holds.
    static let busyTimeoutMs = 2000

    let writer: StoreWriter
    let readers: ReaderSet
    let options: SQLiteTaskStoreOptions

    /// Opens a store, creating it when there is none, and brings an older one to this version.
    ///
    /// Blocks the calling thread for the time of a few disk operations.
    /// - Throws: `.inUse` when another process, or this one, has it open; `.newerSchema`; `.corrupt`; `.full`; `.failed`.
    public init(options: SQLiteTaskStoreOptions) throws {
        var options = options
        options.path = StoreFile.resolved(options.path)
        do {
            let lock = try ProcessLock(path: options.path + ".lock")
            let database = try Self.openWriter(options)
            let head = try database.writeWithoutTransaction { db in
                try StoreSchema.prepare(db)
                try db.execute(sql: "PRAGMA wal_autocheckpoint = \(options.automaticCheckpointPages)")
                try StoreSchema.requireFullSynchronous(db)
                let head = try StoreHead.load(db)
                if !options.isForInspection { try head.check(db) }
                return head
            }
            try StoreFile.syncFolder(of: options.path)
            readers = try ReaderSet(path: options.path, count: options.readers, limit: options.readLimit)
            writer = StoreWriter(database: database, head: head, options: options, lock: lock)
            self.options = options
        } catch {
            throw TaskStoreError(database: error)
        }
        guard !options.isForInspection else { return }
        if !writer.ballast.reserve() {
            options.logger.warning("no room for the reserve: a full disk will refuse stops too")
        }
    }

    /// Opens a store with the default options, away from the cooperative pool; see `init(options:)`.
    public static func open(
        path: String, logger: Logger, isForInspection: Bool = false
    ) async throws -> SQLiteTaskStore {
        var options = SQLiteTaskStoreOptions(path: path)
        options.logger = logger
        options.isForInspection = isForInspection
        return try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async { [options] in
                continuation.resume(with: Result { try SQLiteTaskStore(options: options) })
            }
        }
    }

    private static func openWriter(_ options: SQLiteTaskStoreOptions) throws -> DatabaseQueue {
        try StoreFile.create(options.path)
        var configuration = Configuration()
        configuration.label = "cutover.store.writer"
        configuration.foreignKeysEnabled = false
        configuration.busyMode = .timeout(Double(busyTimeoutMs) / 1000)
        configuration.prepareDatabase { db in
            try db.execute(sql: "PRAGMA cache_size = -32768")
            try db.execute(sql: "PRAGMA journal_size_limit = \(options.walTruncateBytes)")
            try db.execute(sql: "PRAGMA cell_size_check = ON")
        }
        return try DatabaseQueue(path: options.path, configuration: configuration)
    }

    /// Counters since the store was opened.
    public var statistics: SQLiteTaskStoreStatistics { writer.statistics }

    // MARK: - Writes

    public func apply(_ writes: [TaskWrite]) async throws -> [WriteOutcome] {
        try TaskStoreLimits.check(writes)
        let encoded = try writes.map(EncodedWrite.init)
        let mayUseReserve = encoded.contains(where: \.mayUseReserve)
        let outcomes = try await writer.submit(size: encoded.count, mayUseReserve: mayUseReserve) { transaction in
            try encoded.map { try transaction.apply($0) }
        }
        return try zip(outcomes, writes).map { try $0.decoded(for: $1) }
    }

    public func saveProgress(_ progress: [String: MigrationProgress]) async throws {
        guard !progress.isEmpty else { return }
        guard progress.count <= Self.batchLimit else {
            throw TaskStoreError(.failed, "\(progress.count) tasks in one call: give at most \(Self.batchLimit)")
        }
        let bodies = try progress.map { (taskID: $0.key, body: try MessageCodec.encode($0.value)) }
        try await keep(bodies, in: .progress)
    }

    public func saveInventory(_ inventory: ObjectInventory, of taskID: String) async throws {
        try await keep([(taskID: taskID, body: try MessageCodec.encode(inventory))], in: .inventory)
    }

    private func keep(_ bodies: [(taskID: String, body: Data)], in table: StoreTable) async throws {
        try await writer.submit(size: bodies.count, mayUseReserve: false) { transaction in
            for (taskID, body) in bodies where StoredText.isKey(taskID) {
                try transaction.keep(body, in: table, of: taskID)
            }
        }
    }

    public func waitForRevision(above revision: UInt64) async throws {
        try await writer.waiters.wait(above: revision)
    }

    public func revision() async throws -> UInt64 {
        guard !writer.isClosed else { throw TaskStoreError.closed }
        return writer.waiters.revision
    }

    public func close() async {
        await readers.close()
        await writer.close()
    }
}
