import CutoverModel
import CutoverTasks
import Foundation
import GRDB

/// What a walk along the audit log found.
public struct AuditVerification: Sendable, Hashable {
    /// Records found good, from the first on.
    public var records: UInt64
    /// What is wrong with the record after those; nil when the whole chain is good.
    public var problem: String?
}

extension SQLiteTaskStore {
    /// Walks the audit log from its first record to its last and recomputes every hash.
    ///
    /// A changed, missing, repeated or added record shows, and so does a tail that was cut off.
    /// - Throws: `TaskStoreError` when the log cannot be read; a bad record is a result.
    public func verifyAudit() async throws -> AuditVerification {
        var sequence: Int64 = 0
        var hash = AuditChain.origin
        while true {
            let (head, rows) = try await readers.read { [sequence] db in
                (try StoreHead.load(db), try StoreQueries.audit(db, after: sequence, limit: 500))
            }
            for row in rows {
                if let problem = Self.problem(row, after: sequence, hash) {
                    return AuditVerification(records: UInt64(sequence), problem: problem)
                }
                sequence = row.sequence
                hash = row.hash
            }
            guard rows.isEmpty else { continue }
            guard sequence == head.auditSequence, hash == head.auditHash else {
                let problem = "the log ends with record \(sequence), it should end with \(head.auditSequence)"
                return AuditVerification(records: UInt64(sequence), problem: problem)
            }
            return AuditVerification(records: UInt64(sequence), problem: nil)
        }
    }

    private static func problem(_ row: AuditRow, after sequence: Int64, _ hash: Data) -> String? {
        guard row.sequence == sequence + 1 else {
            return "record \(sequence + 1) is missing"
        }
        guard row.previousHash == hash else {
            return "record \(row.sequence) does not continue record \(sequence)"
        }
        guard row.hash == AuditChain.hash(sequence: row.sequence, previousHash: hash, body: row.body) else {
            return "record \(row.sequence) was changed"
        }
        guard let stop = try? MessageCodec.decode(Stop.self, row.body), stop.id == row.stopID else {
            return "record \(row.sequence) is filed under another stop"
        }
        return nil
    }
}
