public import CutoverModel
public import CutoverTasks
import Foundation

extension SQLiteTaskStore {
    public func apply(
        _ batch: BatchWrite, with writes: [TaskWrite], atomically: Bool
    ) async throws -> BatchOutcome {
        try TaskStoreLimits.check(writes, atLeast: 0)
        let encoded = try EncodedBatch(batch)
        let stops = try await Self.encoded(writes)
        let outcome = try await writer.submit(size: stops.count + encoded.pages.count + 1, mayUseReserve: true) {
            try $0.apply(encoded, with: stops, atomically: atomically)
        }
        return try outcome.decoded(for: writes)
    }

    /// Writes of a large group in two halves at once: the writer has nothing to do until they are encoded.
    private static func encoded(_ writes: [TaskWrite]) async throws -> [EncodedWrite] {
        guard writes.count >= 100 else { return try writes.map(EncodedWrite.init) }
        let middle = writes.count / 2
        async let rear = writes[middle...].map { try EncodedWrite($0) }
        return try writes[..<middle].map { try EncodedWrite($0) } + (await rear)
    }

    public func batch(id: String) async throws -> BatchRecord? {
        guard StoredText.isKey(id) else { return nil }
        return try await readers.read { try StoreQueries.batch($0, id: id) }?.decoded()
    }

    public func batchPage(id: String, index: UInt32) async throws -> BatchPage? {
        guard StoredText.isKey(id) else { return nil }
        let found = try await readers.read { try StoreQueries.batchPage($0, id: id, index: Int64(index)) }
        return try found.map { try MessageCodec.decode(BatchPage.self, $0) }
    }

    public func batches(after: String?, limit: Int) async throws -> BatchListing {
        let before = try TaskStoreLimits.position(after)
        let limit = TaskStoreLimits.pageLimit(limit)
        let found = try await readers.read { try StoreQueries.batches($0, before: before, limit: limit) }
        return BatchListing(batches: try found.batches.map { try $0.decoded() }, next: found.next.map { String($0) })
    }

    public func openBatches() async throws -> [BatchRecord] {
        try await readers.read { try StoreQueries.openBatches($0) }.map { try $0.decoded() }
    }
}
