import CutoverModel
import CutoverProto
import CutoverSQLite
import CutoverTasks
import Foundation
import GRDB
import Testing

/// Whatever somebody does to the audit log behind the store's back shows.
@Suite struct StoreAuditTests {
    private static let columns = "previous_hash, hash, stop_id, kind, final_status, body"

    /// Exchanges the contents of two records.
    private static func exchange(_ columns: String, _ first: Int, _ second: Int) -> String {
        """
        CREATE TEMP TABLE kept AS SELECT * FROM audit WHERE sequence IN (\(first), \(second));
        UPDATE audit SET (\(columns)) =
            (SELECT \(columns) FROM kept WHERE kept.sequence = \(first) + \(second) - audit.sequence)
        WHERE sequence IN (\(first), \(second))
        """
    }

    /// What is done to 600 records, and how many are good before the first bad one.
    private static let damages: [(sql: String, good: UInt64)] = [
        // Changed: one bit, or another value, in each of its columns.
        ("UPDATE audit SET body = CAST(body || X'00' AS BLOB) WHERE sequence = 3", UInt64(2)),
        (
            "UPDATE audit SET body = CAST(substr(body, 1, 9) || X'7a' || substr(body, 11) AS BLOB) WHERE sequence = 600",
            599
        ),
        ("UPDATE audit SET kind = 2 WHERE sequence = 5", 4),
        ("UPDATE audit SET kind = kind + 4294967296 WHERE sequence = 5", 4),
        ("UPDATE audit SET final_status = 16 WHERE sequence = 1", 0),
        ("UPDATE audit SET final_status = -1 WHERE sequence = 600", 599),
        ("UPDATE audit SET kind = final_status, final_status = kind WHERE sequence = 7", 6),
        ("UPDATE audit SET hash = zeroblob(32) WHERE sequence = 1", 0),
        ("UPDATE audit SET hash = zeroblob(0) WHERE sequence = 600", 599),
        ("UPDATE audit SET previous_hash = zeroblob(32) WHERE sequence = 4", 3),
        ("UPDATE audit SET stop_id = 'stop-x' WHERE sequence = 2", 1),
        // Missing: the first, one in the middle, one on the border of what is read at a time, the last, all.
        ("DELETE FROM audit WHERE sequence = 1", 0),
        ("DELETE FROM audit WHERE sequence = 2", 1),
        ("DELETE FROM audit WHERE sequence = 500", 499),
        ("DELETE FROM audit WHERE sequence = 600", 599),
        ("DELETE FROM audit WHERE sequence > 10", 10),
        ("DELETE FROM audit", 0),
        // Missing, and the others numbered anew.
        ("DELETE FROM audit WHERE sequence = 3; UPDATE audit SET sequence = sequence - 1 WHERE sequence > 3", 2),
        ("DELETE FROM audit WHERE sequence = 1; UPDATE audit SET sequence = sequence - 1", 0),
        // Moved: whole records, or only what they say.
        (exchange(columns, 4, 5), 3),
        (exchange(columns, 10, 600), 9),
        (exchange("stop_id, kind, final_status, body", 20, 21), 19),
        (exchange("hash", 30, 31), 29),
        // Added at the end, and before the first.
        (
            """
            INSERT INTO audit SELECT 601, hash, hash, stop_id, kind, final_status, body FROM audit
            WHERE sequence = 600
            """, 600
        ),
        // The head that is kept apart.
        ("UPDATE meta SET audit_sequence = 599", 600),
        ("UPDATE meta SET audit_hash = zeroblob(32)", 600),
    ]

    @Test("A changed, missing, moved, added or cut off record of the audit log is found", arguments: damages)
    func tampered(_ sql: String, _ good: UInt64) async throws {
        try await withStore { store, folder in
            _ = try await store.apply((1...600).map { sealing("t\($0)") })
            let before = try await store.verifyAudit()
            #expect(before.problem == nil && before.records == 600)
            try tamper(folder, sql)
            let after = try await store.verifyAudit()
            #expect(after.problem != nil && after.records == good, "\(after)")
        }
    }

    /// Somebody who knows the rule and computes the hash anew has to change every later record too, and the head.
    @Test(
        "A record that was hashed anew breaks the chain at the next one, or at the head",
        arguments: [4, 10] as [UInt64])
    func hashedAnew(_ sequence: UInt64) async throws {
        try await withStore { store, folder in
            _ = try await store.apply((1...10).map { sealing("t\($0)") })
            var record = try #require(try await store.audit(after: sequence - 1, limit: 1).first)
            var stop = try Stop(protoBytes: record.stop)
            stop.actor = "eve"
            record.stop = stop.protoBytes()
            record.hash = AuditChain.hash(of: record)
            let (hash, body) = (hex(record.hash), hex(record.stop))
            try tamper(folder, "UPDATE audit SET hash = X'\(hash)', body = X'\(body)' WHERE sequence = \(sequence)")
            let found = try await store.verifyAudit()
            #expect(found.problem != nil && found.records == sequence)
        }
    }

    private func hex(_ bytes: [UInt8]) -> String { bytes.map { String(format: "%02x", $0) }.joined() }

    /// The rule as the definition tells it, so that others can verify the log without this program.
    @Test("The hash is SHA-256 of the prefix, three numbers of 8 bytes, the hash before, and the stop")
    func rule() {
        let record = AuditRecord(
            sequence: 1, previousHash: AuditChain.originHash, kind: .stopped, finalStatus: .stopped, stop: [1, 2, 3])
        // printf 'cutover-audit-1' and the bytes below, by sha256sum.
        #expect(hex(AuditChain.hash(of: record)) == "65abd3cad82fe27216abd26507f3376d1d897b3cf38da6c284015113d903b0ba")
    }

    @Test("A store whose audit log was cut off opens for inspection only")
    func cutOff() async throws {
        try await withFolder { folder in
            let store = try SQLiteTaskStore(options: options(folder))
            _ = try await store.apply([sealing("a"), sealing("c")])
            await store.close()
            try tamper(folder, "DELETE FROM audit WHERE sequence = 2")
            #expect(await code { try SQLiteTaskStore(options: options(folder)) } == .corrupt)
            let inspected = try SQLiteTaskStore(options: options(folder) { $0.isForInspection = true })
            let found = try await inspected.verifyAudit()
            #expect(found.records == 1 && found.problem != nil)
            #expect(await code { try await inspected.apply([write("d")]) } == .failed)
            #expect(await code { try await inspected.saveAlarms([Alarm(id: "a")], delivers: false) } == .failed)
            await inspected.close()
        }
    }
}
