public import CutoverModel
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
    public func receipts(stopID: String) async throws -> [Receipt] {
        guard StoredText.isKey(stopID) else { return [] }
        return try await readers.read { try StoreQueries.receipts($0, stopID: stopID) }.map { try $0.receipt() }
    }

    public func audit(after sequence: UInt64, limit: Int) async throws -> [AuditRecord] {
        let sequence = Int64(clamping: sequence)
        let limit = TaskStoreLimits.pageLimit(limit)
        return try await readers.read { try StoreQueries.audit($0, after: sequence, limit: limit) }
            .map { try $0.record() }
    }

    public func auditHead() async throws -> AuditHead {
        let head = try await readers.read { try StoreHead.load($0) }
        return AuditHead(sequence: UInt64(bitPattern: head.auditSequence), hash: Array(head.auditHash))
    }

    /// Walks the audit log from its first record to its last and recomputes every hash.
    ///
    /// A changed, missing, moved or added record shows, and so does a tail that was cut off.
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
        guard row.hash == row.expectedHash(after: hash) else {
            return "record \(row.sequence) was changed"
        }
        guard let stop = try? MessageCodec.decode(Stop.self, row.body), stop.id == row.stopID else {
            return "record \(row.sequence) is filed under another stop"
        }
        return nil
    }
}
