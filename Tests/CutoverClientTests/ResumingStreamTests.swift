import CutoverModel
import CutoverRPC
import CutoverServices
import Foundation
import Logging
import Synchronization
import Testing

@testable import CutoverClient

/// An audit log and alarms whose first stream is lost in its middle; it remembers what it was asked.
private final class LosingServer: AuditServiceHandler, AlarmServiceHandler {
    static let lost = RPCError(.unavailable, "going away", retryAfterMs: 1)

    private let reads = Mutex<[UInt64]>([])
    private let watches = Mutex<[WatchAlarmsRequest]>([])
    let lists = Mutex<[ListAlarmsRequest]>([])
    /// Streams that are lost before one goes on to its end.
    let losses: Int

    init(losses: Int) {
        self.losses = losses
    }

    var readFrom: [UInt64] { reads.withLock { $0 } }
    var watchedFrom: [UInt64] { watches.withLock { $0.map(\.afterChange) } }

    func readAudit(
        _ request: ReadAuditRequest, context: CallContext, writer: ItemWriter<ReadAuditEvent>
    ) async throws {
        let call = reads.withLock { reads in
            reads.append(request.afterSequence)
            return reads.count
        }
        for sequence in (request.afterSequence + 1)...5 {
            try await writer.write(ReadAuditEvent(record: AuditRecord(sequence: sequence)))
            if call <= losses { throw Self.lost }
        }
        try await writer.write(ReadAuditEvent(head: AuditHead(sequence: 5)))
    }

    func listAlarms(_ request: ListAlarmsRequest, context: CallContext) async throws -> ListAlarmsResponse {
        lists.withLock { $0.append(request) }
        return ListAlarmsResponse(alarms: [Alarm(id: "a")], nextPageToken: "next", change: 7)
    }

    func watchAlarms(
        _ request: WatchAlarmsRequest, context: CallContext, writer: ItemWriter<WatchAlarmsEvent>
    ) async throws {
        let call = watches.withLock { watches in
            watches.append(request)
            return watches.count
        }
        try await writer.write(WatchAlarmsEvent(alarm: Alarm(id: "a", change: request.afterChange + 3)))
        if call <= losses { throw Self.lost }
        try await Task.sleep(for: .seconds(60))
    }

    func run(
        configuration: CutoverClient.Configuration = .init(), _ body: (CutoverClient) async throws -> Void
    ) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "cutover-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appending(path: "s").path()
        var router = RPCRouter()
        try router.register(auditService: self)
        try router.register(alarmService: self)
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let server = try await RPCServer.start(
            configuration: RPCServerConfiguration(endpoint: .unix(path: path)), router: router, logger: logger)
        let client = try CutoverClient(endpoint: "unix:\(path)", configuration: configuration)
        let outcome: Result<Void, any Error>
        do { outcome = .success(try await body(client)) } catch { outcome = .failure(error) }
        await client.close()
        await server.shutdown(grace: .milliseconds(50))
        try outcome.get()
    }
}

@Suite struct ResumingStreamTests {
    @Test func aLostReadingGoesOnAfterTheLastRecordAndEndsWithTheHead() async throws {
        let server = LosingServer(losses: 2)
        try await server.run { client in
            var sequences: [UInt64] = []
            var head: AuditHead?
            for try await event in client.readAudit() {
                if let record = event.record { sequences.append(record.sequence) }
                if let last = event.head { head = last }
            }
            #expect(sequences == [1, 2, 3, 4, 5])
            #expect(head?.sequence == 5)
            #expect(server.readFrom == [0, 1, 2])
        }
    }

    /// A loop over a reading that was cut short must not look like one that came to the head.
    @Test func aCancelledReadingIsAnError() async throws {
        try await LosingServer(losses: 0).run { client in
            let reading = Task { () async throws -> Void in
                for try await _ in client.readAudit() { withUnsafeCurrentTask { $0?.cancel() } }
            }
            let error = await #expect(throws: CutoverError.self) { try await reading.value }
            #expect(error?.code == .cancelled)
        }
    }

    @Test func aServerThatKeepsLosingTheStreamIsAnErrorInTheEnd() async throws {
        var configuration = CutoverClient.Configuration()
        configuration.reconnectTimeoutMs = 20
        let dropping = Dropping()
        let error = await #expect(throws: CutoverError.self) {
            try await dropping.run(configuration: configuration) { client in
                for try await _ in client.readAudit() {}
            }
        }
        #expect(error?.code == .unavailable)
    }

    @Test func aLostWatchOfAlarmsGoesOnAfterTheLastChange() async throws {
        let server = LosingServer(losses: 2)
        try await server.run { client in
            var changes: [UInt64] = []
            for try await event in client.watchAlarms(WatchAlarmsRequest(afterChange: 10)) {
                changes.append(try #require(event.alarm).change)
                if changes.count == 3 { break }
            }
            #expect(changes == [13, 16, 19])
            #expect(server.watchedFrom == [10, 13, 16])
        }
    }

    @Test func aCancelledWatchOfAlarmsEnds() async throws {
        try await LosingServer(losses: 0).run { client in
            let watching = Task { () async throws -> Int in
                var count = 0
                for try await _ in client.watchAlarms() {
                    count += 1
                    withUnsafeCurrentTask { $0?.cancel() }
                }
                return count
            }
            let count = try await watching.value
            #expect(count == 1)
        }
    }

    @Test func aPageOfAlarms() async throws {
        let server = LosingServer(losses: 0)
        try await server.run { client in
            let request = ListAlarmsRequest(includeCleared: true, taskId: "t", kinds: [.lagHigh], pageToken: "x")
            let page = try await client.listAlarms(request)
            #expect(page.alarms.map(\.id) == ["a"])
            #expect(page.nextPageToken == "next")
            #expect(server.lists.withLock { $0 } == [request])
        }
    }
}

/// A server that loses every stream before its first message.
private struct Dropping: AuditServiceHandler {
    func readAudit(
        _ request: ReadAuditRequest, context: CallContext, writer: ItemWriter<ReadAuditEvent>
    ) async throws {
        throw LosingServer.lost
    }

    func run(
        configuration: CutoverClient.Configuration, _ body: (CutoverClient) async throws -> Void
    ) async throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "cutover-\(UUID().uuidString)").path()
        defer { try? FileManager.default.removeItem(atPath: path) }
        var router = RPCRouter()
        try router.register(auditService: self)
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let server = try await RPCServer.start(
            configuration: RPCServerConfiguration(endpoint: .unix(path: path)), router: router, logger: logger)
        let client = try CutoverClient(endpoint: "unix:\(path)", configuration: configuration)
        let outcome: Result<Void, any Error>
        do { outcome = .success(try await body(client)) } catch { outcome = .failure(error) }
        await client.close()
        await server.shutdown(grace: .milliseconds(50))
        try outcome.get()
    }
}
