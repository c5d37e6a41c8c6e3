import CutoverTasks
import Foundation
import GRDB

extension StoreQueries {
    static func batch(_ db: Database, id: String) throws -> RawBatch? {
        let statement = try db.cachedStatement(sql: "SELECT revision, record FROM batch WHERE id = ?")
        return try statement.first(id) { RawBatch(revision: try $0.integer(0), record: try $0.blob(1)) }
    }

    static func batchPage(_ db: Database, id: String, index: Int64) throws -> Data? {
        let statement = try db.cachedStatement(
            sql: "SELECT body FROM batch_page WHERE batch = (SELECT n FROM batch WHERE id = ?) AND idx = ?")
        return try statement.first(id, index) { try $0.blob(0) }
    }

    /// Batches before a place, the latest first; a place of 0 is the end. Also the place of the last when more follow.
    static func batches(
        _ db: Database, before: Int64, limit: Int
    ) throws -> (batches: [RawBatch], next: Int64?) {
        let statement = try db.cachedStatement(
            sql: "SELECT revision, record, n FROM batch WHERE n < ? ORDER BY n DESC LIMIT ?")
        var rows = try statement.all(before == 0 ? Int64.max : before, limit + 1) {
            (batch: RawBatch(revision: try $0.integer(0), record: try $0.blob(1)), n: try $0.integer(2))
        }
        let hasMore = rows.count > limit
        if hasMore { rows.removeLast() }
        return (rows.map(\.batch), hasMore ? rows.last?.n : nil)
    }

    static func openBatches(_ db: Database) throws -> [RawBatch] {
        let statement = try db.cachedStatement(
            sql: """
                SELECT revision, record FROM batch INDEXED BY batch_open
                WHERE \(StoreSchema.isOpenBatch) ORDER BY n LIMIT ?
                """)
        return try statement.all(TaskStoreLimits.openBatches) {
            RawBatch(revision: try $0.integer(0), record: try $0.blob(1))
        }
    }
}
