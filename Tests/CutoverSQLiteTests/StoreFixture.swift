import CutoverModel
import CutoverProto
import CutoverSQLite
import CutoverTasks
import Foundation
import GRDB
import Testing
import TestRandom

/// A folder that lasts as long as a test.
func withFolder<Value>(_ body: (String) async throws -> Value) async throws -> Value {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("store-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    do {
        let value = try await body(folder)
        try FileManager.default.removeItem(atPath: folder)
        return value
    } catch {
        try FileManager.default.removeItem(atPath: folder)
        throw error
    }
}

func options(_ folder: String, _ change: (inout SQLiteTaskStoreOptions) -> Void = { _ in }) -> SQLiteTaskStoreOptions {
    var options = SQLiteTaskStoreOptions(path: folder + "/tasks.db")
    options.ballastBytes = 0
    // Just after the times that the tests write: nothing expires by itself.
    options.nowMs = { 1000 }
    change(&options)
    return options
}

/// A store in a folder of its own, closed afterwards.
func withStore<Value>(
    _ change: (inout SQLiteTaskStoreOptions) -> Void = { _ in },
    _ body: (SQLiteTaskStore, String) async throws -> Value
) async throws -> Value {
    try await withFolder { folder in
        let store = try SQLiteTaskStore(options: options(folder, change))
        do {
            let value = try await body(store, folder)
            await store.close()
            return value
        } catch {
            await store.close()
            throw error
        }
    }
}

/// Changes the file behind the store's back.
func tamper(_ folder: String, _ sql: String...) throws {
    try withDatabase(folder) { database in
        try database.writeWithoutTransaction { db in
            for statement in sql { try db.execute(sql: statement) }
        }
    }
}

func inspect<Value: DatabaseValueConvertible>(_ folder: String, _ sql: String) throws -> Value? {
    try withDatabase(folder) { try $0.read { try Value.fetchOne($0, sql: sql) } }
}

/// The second column of all rows.
func rows(_ folder: String, _ sql: String) throws -> [String] {
    try withDatabase(folder) { try $0.read { try Row.fetchAll($0, sql: sql).map { $0[1] } } }
}

private func withDatabase<Value>(_ folder: String, _ body: (DatabaseQueue) throws -> Value) throws -> Value {
    var configuration = Configuration()
    configuration.busyMode = .timeout(10)
    let database = try DatabaseQueue(path: options(folder).path, configuration: configuration)
    let value = try body(database)
    try database.close()
    return value
}

/// The stores that must behave alike.
enum StoreKind: String, CaseIterable, Sendable {
    case sqlite, memory

    func with(_ body: (any TaskStore) async throws -> Void) async throws {
        switch self {
        case .sqlite: try await withStore { store, _ in try await body(store) }
        case .memory:
            let store = InMemoryTaskStore(seal: .chained)
            try await body(store)
            await store.close()
        }
    }
}

extension InMemoryAuditSeal {
    /// As the durable store does it.
    static let chained = InMemoryAuditSeal(encode: { $0.protoBytes() }, hash: AuditChain.hash)
}

func write(
    _ id: String, _ status: TaskStatus = .configuration, expected: UInt64 = 0, from: TaskStatus = .unspecified,
    name: String = "orders", _ change: (inout TaskWrite) -> Void = { _ in }
) -> TaskWrite {
    var write = TaskWrite(
        record: TaskRecord(id: id, name: name, status: status), expectedRevision: expected, from: from, actor: "ana",
        action: "test", atMs: 1)
    change(&write)
    return write
}

/// A write that ends a task with a receipt, or makes another receipt of its stop.
func sealing(_ id: String, expected: UInt64 = 0, _ kind: ReceiptKind = .stopped) -> TaskWrite {
    write(id, .stopped, expected: expected) {
        $0.stop = Stop(id: "stop-\(id)", taskId: id, actor: "ana", phase: .stopped)
        $0.record.stopId = "stop-\(id)"
        $0.seals = kind
    }
}

/// A write that accepts a stop of a batch.
func accepting(_ id: String, batch: String = "b", expected: UInt64) -> TaskWrite {
    write(id, .stopping, expected: expected, from: .configuration) {
        $0.action = "stop.accepted"
        $0.stop = Stop(id: "stop-\(id)", taskId: id, batchId: batch, phase: .accepted)
        $0.record.stopId = "stop-\(id)"
    }
}

func batch(
    _ id: String = "b", _ state: BatchState = .accepting, expected: UInt64 = 0, pages: [BatchPage] = [],
    openPage: UInt32 = 0, action: String = "batch.accepted"
) -> BatchWrite {
    BatchWrite(
        record: BatchRecord(
            batch: StopBatch(id: id, actor: "ana", state: state, revision: 77), fingerprint: [1, 2], pages: 2,
            pageItems: 10, openPage: openPage),
        expectedRevision: expected, pages: pages, actor: "ana", action: action, atMs: 1)
}

func page(_ ids: [String], of id: String = "b", index: UInt32 = 0, _ result: StopItemResult = .unspecified) -> BatchPage
{
    BatchPage(
        batchId: id, index: index, items: ids.map { BatchItem(taskId: $0, result: result) },
        overrides: [StopOverride(taskId: "o", mode: .forced)])
}

extension BatchOutcome {
    /// The revision of a batch that was written whole.
    var revision: UInt64? {
        guard case .applied(let revision, _) = self else { return nil }
        return revision
    }
}

extension WriteOutcome {
    /// The revision of a write that was applied.
    var revision: UInt64? {
        guard case .applied(let revision, _) = self else { return nil }
        return revision
    }

    var receipt: Receipt? {
        guard case .applied(_, let receipt) = self else { return nil }
        return receipt
    }
}

/// The code that a call fails with.
func code<Value>(_ body: () async throws -> Value) async -> TaskStoreError.Code? {
    do {
        _ = try await body()
        return nil
    } catch {
        return (error as? TaskStoreError)?.code
    }
}

/// A small, seeded source of chance.
struct Chance: RandomNumberGenerator {
    private var random: SplitMix64

    init(seed: UInt64) { random = SplitMix64(seed: seed) }

    mutating func next() -> UInt64 { random.next() }

    mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &self) }
    mutating func percent(_ chance: Int) -> Bool { below(100) < chance }
}

/// The seed of a random test: from `CUTOVER_TEST_SEED`, or a new one.
func testSeed() -> UInt64 {
    ProcessInfo.processInfo.environment["CUTOVER_TEST_SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 1...UInt64.max)
}
