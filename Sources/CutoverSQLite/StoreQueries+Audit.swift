import CutoverModel
import Foundation
import GRDB

extension StoreQueries {
    /// The records about a stop, in order.
    static func receipts(_ db: Database, stopID: String) throws -> [AuditRow] {
        let statement = try db.cachedStatement(
            sql: "SELECT \(AuditRow.columns) FROM audit WHERE stop_id = ? ORDER BY sequence LIMIT ?")
        return try statement.all(stopID, receiptLimit, read: AuditRow.init)
    }

    /// Records about one stop: it ends once, and its residue is finished a few times at most.
    private static let receiptLimit = 1000

    /// Records after one; fewer than the limit when they are large, but one at least.
    static func audit(_ db: Database, after sequence: Int64, limit: Int) throws -> [AuditRow] {
        let statement = try db.cachedStatement(
            sql: "SELECT \(AuditRow.columns) FROM audit WHERE sequence > ? ORDER BY sequence LIMIT ?")
        var found: [AuditRow] = []
        var bytes = 0
        try statement.forEachRow([sequence, limit]) { row in
            let record = try AuditRow(row)
            bytes += record.body.count
            found.append(record)
            return bytes <= pageLimitBytes
        }
        return found
    }
}
