public import CutoverModel
public import CutoverTasks
import CutoverProto
import Foundation
import GRDB

extension SQLiteTaskStore {
    public func state(of taskID: String) async throws -> TaskState? {
        try await states(of: [taskID]).first ?? nil
    }

    public func states(of taskIDs: [String]) async throws -> [TaskState?] {
        guard taskIDs.count <= Self.batchLimit else {
            throw TaskStoreError(.failed, "\(taskIDs.count) ids in one call: give at most \(Self.batchLimit)")
        }
        let found = try await readers.read { db in
            try taskIDs.map { StoredText.isKey($0) ? try StoreQueries.state(db, id: $0) : nil }
        }
        return try found.map { try $0?.decoded() }
    }

    public func spec(of taskID: String) async throws -> TaskSpec? {
        try await body(TaskSpec.self, in: .spec, of: taskID)
    }

    public func preCheck(of taskID: String) async throws -> PreCheckReport? {
        try await body(PreCheckReport.self, in: .preCheck, of: taskID)
    }

    public func progress(of taskID: String) async throws -> MigrationProgress? {
        try await body(MigrationProgress.self, in: .progress, of: taskID)
    }

    public func inventory(of taskID: String) async throws -> ObjectInventory? {
        try await body(ObjectInventory.self, in: .inventory, of: taskID)
    }

    public func stop(id: String) async throws -> Stop? {
        guard StoredText.isKey(id) else { return nil }
        let found = try await readers.read { try StoreQueries.stop($0, id: id) }
        return try found.map { try MessageCodec.decode(Stop.self, $0) }
    }

    public func request(id: String) async throws -> RequestMemo? {
        guard StoredText.isKey(id) else { return nil }
        return try await readers.read { try StoreQueries.request($0, id: id) }
    }

    /// A page may end before the limit when its records are large.
    public func list(_ query: TaskQuery) async throws -> TaskPage {
        guard query.nameGlob.utf8.count <= 1000, query.labels.count <= 64 else {
            throw TaskStoreError(.failed, "a query takes a name pattern of 1000 bytes and 64 labels at most")
        }
        let after = try TaskStoreLimits.position(query.after)
        var query = query
        query.limit = TaskStoreLimits.pageLimit(query.limit)
        return try await page { [query] in try StoreQueries.list($0, query, after: after) }
    }

    public func live(after: String?, limit: Int) async throws -> TaskPage {
        let after = try TaskStoreLimits.position(after)
        let limit = TaskStoreLimits.pageLimit(limit)
        return try await page { try StoreQueries.live($0, after: after, limit: limit) }
    }

    public func liveCounts() async throws -> [TaskStatus: Int] {
        try await readers.read(StoreQueries.liveCounts)
    }

    /// - Throws: `.compacted` when changes after `revision` are no longer kept.
    public func events(after revision: UInt64, limit: Int) async throws -> [TaskEvent] {
        let limit = min(Self.batchLimit, max(1, limit))
        return try await readers.read {
            try StoreQueries.events($0, after: Int64(clamping: revision), limit: limit)
        }
    }

    // MARK: - Shared by the reads

    private func body<Message: ProtoMessage>(
        _ type: Message.Type, in table: StoreTable, of taskID: String
    ) async throws -> Message? {
        guard StoredText.isKey(taskID) else { return nil }
        let found = try await readers.read { try StoreQueries.body($0, in: table, of: taskID) }
        return try found.map { try MessageCodec.decode(type, $0) }
    }

    private func page(
        _ body: @escaping @Sendable (Database) throws -> StoreQueries.RawPage
    ) async throws -> TaskPage {
        let page = try await readers.read(body)
        return TaskPage(
            states: try page.states.map { try $0.decoded() }, next: page.next.map { String($0) },
            revision: UInt64(bitPattern: page.revision))
    }
}
