import CutoverModel
import CutoverRPC
@testable import CutoverServer
import CutoverServices
import CutoverTasks
import Synchronization
import Testing

@Suite struct AuditServiceTests {
    let base = InMemoryTaskStore()

    /// Ends so many tasks, each with a receipt.
    static func seal(_ ids: Range<Int>, in store: any TaskStore) async throws {
        let outcomes = try await store.apply(
            ids.map { number in
                TaskWrite(
                    record: TaskRecord(id: "t\(number)", status: .stopped, stopId: "s\(number)"), expectedRevision: 0,
                    from: .unspecified, actor: "ann", action: "stop.accepted", atMs: 1,
                    stop: Stop(id: "s\(number)", taskId: "t\(number)"), seals: .stopped)
            })
        #expect(outcomes.count == ids.count)
    }

    /// Everything that a call sends.
    func read(
        _ store: any TaskStore, after sequence: UInt64 = 0,
        onRecord: @escaping @Sendable (AuditRecord) async throws -> Void = { _ in }
    ) async throws -> (records: [AuditRecord], head: AuditHead?) {
        let events = Mutex<[ReadAuditEvent]>([])
        try await AuditService(store: store).readAudit(
            ReadAuditRequest(afterSequence: sequence),
            context: AlarmServiceTests.context(AuditServiceMethods.readAudit),
            writer: ItemWriter { event in
                events.withLock { $0.append(event) }
                if let record = event.record { try await onRecord(record) }
            })
        let sent = events.withLock { $0 }
        #expect(sent.count { $0.head != nil } == 1 && sent.last?.head != nil, "one head, and it comes last")
        return (sent.compactMap(\.record), sent.last?.head)
    }

    @Test func recordsThenTheHead() async throws {
        try await Self.seal(0..<250, in: base)
        let whole = try await read(base)
        #expect(whole.records.map(\.sequence) == Array(1...250))
        #expect(whole.head == AuditHead(sequence: 250, hash: whole.records.last?.hash ?? []))
        let rest = try await read(base, after: 248)
        #expect(rest.records == Array(whole.records.suffix(2)) && rest.head == whole.head)
        let none = try await read(base, after: 250)
        #expect(none.records.isEmpty && none.head == whole.head)
    }

    @Test func anEmptyLogHasAHead() async throws {
        let empty = try await read(base)
        #expect(empty.records.isEmpty && empty.head?.sequence == 0)
    }

    /// What is added while the log is sent must not look like a log that was tampered with.
    @Test func recordsAddedMeanwhileAreSentBeforeTheHead() async throws {
        try await Self.seal(0..<101, in: base)
        let base = base
        let seen = try await read(base) { record in
            if record.sequence == 101 { try await Self.seal(101..<150, in: base) }
            if record.sequence == 150 { try await Self.seal(150..<151, in: base) }
        }
        #expect(seen.records.map(\.sequence) == Array(1...151))
        #expect(seen.head?.sequence == 151 && seen.head?.hash == seen.records.last?.hash)
    }

    /// Added after the last record was read and before the head is.
    @Test func aRecordAddedJustBeforeTheHeadIsSentToo() async throws {
        try await Self.seal(0..<3, in: base)
        let seen = try await read(GrowingStore(base: base))
        #expect(seen.records.map(\.sequence) == [1, 2, 3, 4])
        #expect(seen.head?.sequence == 4)
    }

    @Test func aLogWithoutItsEndIsSentWithTheHeadThatShowsIt() async throws {
        try await Self.seal(0..<5, in: base)
        let seen = try await read(CutStore(base: base, records: 3))
        #expect(seen.records.map(\.sequence) == [1, 2, 3])
        #expect(seen.head?.sequence == 5)
    }

    @Test func aPlaceBeyondEveryRecordIsRefused() async throws {
        await #expect { try await read(base, after: .max) } throws: { ($0 as? RPCError)?.status == .invalidArgument }
    }
}

/// A record is added just before the head is read for the first time.
private final class GrowingStore: ForwardingTaskStore {
    let base: any TaskStore
    private let hasGrown = Mutex(false)

    init(base: InMemoryTaskStore) { self.base = base }

    func auditHead() async throws -> AuditHead {
        let growsNow = hasGrown.withLock { hasGrown in
            defer { hasGrown = true }
            return !hasGrown
        }
        if growsNow { try await AuditServiceTests.seal(900..<901, in: base) }
        return try await base.auditHead()
    }
}

/// The last records are gone.
private final class CutStore: ForwardingTaskStore {
    let base: any TaskStore
    private let records: UInt64

    init(base: InMemoryTaskStore, records: UInt64) {
        self.base = base
        self.records = records
    }

    func audit(after sequence: UInt64, limit: Int) async throws -> [AuditRecord] {
        try await base.audit(after: sequence, limit: limit).filter { $0.sequence <= records }
    }
}
