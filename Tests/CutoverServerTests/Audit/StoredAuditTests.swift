import CutoverModel
@testable import CutoverServer
import CutoverSQLite
import CutoverTasks
import Foundation
import Logging
import Testing

@Suite struct StoredAuditTests {
    /// A data directory whose store holds so many receipts.
    func withStore(records: Int, _ body: (ServerConfiguration) async throws -> Void) async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        var configuration = ServerConfiguration()
        configuration.dataDirectory = directory.path
        let store = try await SQLiteTaskStore.open(path: configuration.storePath, logger: Logger(label: "test"))
        for number in 0..<records {
            _ = try await store.apply([
                TaskWrite(
                    record: TaskRecord(id: "t\(number)", status: .stopped, stopId: "s\(number)"), expectedRevision: 0,
                    from: .unspecified, actor: "ann", action: "stop.accepted", atMs: 1,
                    stop: Stop(id: "s\(number)", taskId: "t\(number)"), seals: .stopped)
            ])
        }
        await store.close()
        try await body(configuration)
    }

    @Test func aWholeLogAndItsHead() async throws {
        try await withStore(records: 3) { configuration in
            let audit = try await StoredAudit.verify(configuration)
            #expect(audit.records == 3 && audit.problem == nil && audit.head.sequence == 3)
            #expect(try await StoredAudit.verify(configuration, known: audit.head).problem == nil)
            var other = audit.head
            other.hash[0] ^= 1
            #expect(try await StoredAudit.verify(configuration, known: other).problem?.contains("record 3") == true)
            other.sequence = 4
            #expect(try await StoredAudit.verify(configuration, known: other).problem?.contains("missing") == true)
        }
    }

    @Test func aStoreInUseIsLeftAlone() async throws {
        try await withStore(records: 1) { configuration in
            let store = try await SQLiteTaskStore.open(path: configuration.storePath, logger: Logger(label: "test"))
            await #expect { try await StoredAudit.verify(configuration) } throws: {
                ($0 as? TaskStoreError)?.code == .inUse
            }
            await store.close()
        }
    }

    @Test func noStoreIsMadeWhereThereIsNone() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        var configuration = ServerConfiguration()
        configuration.dataDirectory = directory.path
        await #expect(throws: ConfigurationError.self) { try await StoredAudit.verify(configuration) }
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path).isEmpty)
    }

    @Test func headsAsText() throws {
        let head = AuditHead(sequence: 17, hash: (0..<32).map { UInt8($0 * 8) })
        #expect(AuditHeadText.text(head).hasPrefix("17:0008101820"))
        #expect(try AuditHeadText.parse(AuditHeadText.text(head)) == head)
        for bad in ["", "17", "17:", "17:00", "x:" + String(repeating: "0", count: 64), ":", "1:2:3"] {
            #expect(throws: ConfigurationError.self) { try AuditHeadText.parse(bad) }
        }
        #expect(throws: ConfigurationError.self) { try AuditHeadText.parse("1:" + String(repeating: "g", count: 64)) }
    }
}
