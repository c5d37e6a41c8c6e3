import CutoverModel
import CutoverProto

@testable import cutover

/// Audit logs as a good server keeps them.
enum AuditFixtures {
    /// A good log of so many records, each with a stop of its own.
    static func log(_ count: UInt64) -> [AuditRecord] {
        chain((0..<count).map { stop($0 + 1) })
    }

    /// A good log of these stops.
    static func chain(_ stops: [Stop], kinds: [ReceiptKind] = []) -> [AuditRecord] {
        var records: [AuditRecord] = []
        var previous = AuditRecord.originHash
        for (index, stop) in stops.enumerated() {
            var record = AuditRecord(
                sequence: UInt64(index) + 1, previousHash: previous,
                kind: index < kinds.count ? kinds[index] : .stopped, finalStatus: .stopped, stop: stop.protoBytes())
            record.hash = record.computedHash()
            previous = record.hash
            records.append(record)
        }
        return records
    }

    static func stop(_ sequence: UInt64) -> Stop {
        var stop = Fixtures.gracefulStop
        stop.id = "stop-\(sequence)"
        stop.taskId = "task-\(sequence % 3)"
        stop.taskName = "task \(sequence % 3)"
        return stop
    }

    static func head(_ records: [AuditRecord]) -> AuditHead {
        AuditHead(sequence: records.last?.sequence ?? 0, hash: records.last?.hash ?? AuditRecord.originHash)
    }

    static func findings(
        _ records: [AuditRecord], head: AuditHead?, noted: AuditHead? = nil
    ) -> [AuditFinding] {
        var walk = AuditWalk(noted: noted)
        for record in records { walk.take(ReadAuditEvent(record: record)) }
        if let head { walk.take(ReadAuditEvent(head: head)) }
        return walk.findings()
    }
}
