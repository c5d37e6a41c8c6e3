import CutoverModel
import CutoverTasks
import Foundation
import GRDB

/// A record of the audit log as it is stored.
///
/// The numbers are kept as they are: one that no kind or status has is what somebody changed, not a reason to stop reading.
struct AuditRow: Sendable {
    static let columns = "sequence, previous_hash, hash, stop_id, kind, final_status, body"

    var sequence: Int64
    var previousHash: Data
    var hash: Data
    var stopID: String
    var kind: Int64
    var finalStatus: Int64
    var body: Data

    init(_ row: StoredRow) throws {
        sequence = try row.integer(0)
        previousHash = try row.blob(1)
        hash = try row.blob(2)
        stopID = try row.text(3)
        kind = try row.integer(4)
        finalStatus = try row.integer(5)
        body = try row.blob(6)
    }

    /// The hash that the record must have after one with this hash.
    func expectedHash(after previousHash: Data) -> Data {
        AuditChain.hash(
            sequence: sequence, kind: kind, finalStatus: finalStatus, previousHash: previousHash, body: body)
    }

    func receipt() throws -> Receipt {
        Receipt(
            stop: try MessageCodec.decode(Stop.self, body), sequence: UInt64(bitPattern: sequence),
            previousHash: Array(previousHash), hash: Array(hash),
            finalStatus: TaskStatus(rawValue: try number(finalStatus)),
            kind: ReceiptKind(rawValue: try number(kind)))
    }

    func record() throws -> AuditRecord {
        AuditRecord(
            sequence: UInt64(bitPattern: sequence), previousHash: Array(previousHash), hash: Array(hash),
            kind: ReceiptKind(rawValue: try number(kind)), finalStatus: TaskStatus(rawValue: try number(finalStatus)),
            stop: Array(body))
    }

    private func number(_ column: Int64) throws -> Int32 {
        guard let number = Int32(exactly: column) else {
            throw TaskStoreError(.corrupt, "record \(sequence) of the audit log was damaged; verify the log")
        }
        return number
    }
}
