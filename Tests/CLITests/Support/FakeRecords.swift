import CutoverModel
import CutoverRPC
import CutoverServices
import Foundation
import Logging
import Synchronization

@testable import cutover

/// Receipts, an audit log and alarms behind the real protocol. It has no rules: each answer is what the test set up.
final class FakeRecords: Sendable {
    /// The answer for a task's or a stop's id.
    let stops: [String: StopTaskResponse]
    let audit: [ReadAuditEvent]
    let alarms: [Alarm]
    /// The answer to every request to finish a residue.
    let finished: StopTaskResponse?
    private let asked = Mutex(Asked())

    private struct Asked {
        var alarmLists: [ListAlarmsRequest] = []
        var alarmWatches: [WatchAlarmsRequest] = []
        var finishes: [FinishResidueRequest] = []
        var readsAfter: [UInt64] = []
    }

    init(
        stops: [String: StopTaskResponse] = [:], audit: [ReadAuditEvent] = [], alarms: [Alarm] = [],
        finished: StopTaskResponse? = nil
    ) {
        self.stops = stops
        self.audit = audit
        self.alarms = alarms
        self.finished = finished
    }

    /// With an audit log and its head.
    convenience init(log: [AuditRecord], head: AuditHead? = nil) {
        self.init(
            audit: log.map { ReadAuditEvent(record: $0) }
                + [ReadAuditEvent(head: head ?? AuditFixtures.head(log))])
    }

    var alarmLists: [ListAlarmsRequest] { asked.withLock { $0.alarmLists } }
    var alarmWatches: [WatchAlarmsRequest] { asked.withLock { $0.alarmWatches } }
    var finishes: [FinishResidueRequest] { asked.withLock { $0.finishes } }
    var readsAfter: [UInt64] { asked.withLock { $0.readsAfter } }

    /// Runs a command line against these records.
    func run(_ arguments: [String], isTerminal: Bool = false) async throws -> FakeServices.Run {
        try await serve { address in
            await FakeServices.run(arguments, address: address, isTerminal: isTerminal)
        }
    }

    /// Serves on a Unix socket of its own while `body` runs with its address.
    func serve<Value>(_ body: (String) async throws -> Value) async throws -> Value {
        try await TemporaryFolder.use { folder in
            let path = folder.appending(path: "s").path()
            var router = RPCRouter()
            try router.register(stopService: self)
            try router.register(auditService: self)
            try router.register(alarmService: self)
            try router.register(health: self)
            let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            let server = try await RPCServer.start(
                configuration: RPCServerConfiguration(endpoint: .unix(path: path)), router: router, logger: logger)
            let outcome: Result<Value, any Error>
            do { outcome = .success(try await body("unix:\(path)")) } catch { outcome = .failure(error) }
            await server.shutdown(grace: .milliseconds(50))
            return try outcome.get()
        }
    }
}

extension FakeRecords: HealthHandler, StopServiceHandler, AuditServiceHandler, AlarmServiceHandler {
    func check(_ request: HealthCheckRequest, context: CallContext) throws -> HealthCheckResponse {
        HealthCheckResponse(status: .serving)
    }

    func watch(
        _ request: HealthCheckRequest, context: CallContext, writer: ItemWriter<HealthCheckResponse>
    ) async throws {
        try await writer.write(HealthCheckResponse(status: .serving))
    }

    func getStop(_ request: GetStopRequest, context: CallContext) async throws -> StopTaskResponse {
        guard let found = stops[request.stopId.isEmpty ? request.taskId : request.stopId] else {
            throw RPCError(.notFound, "No such stop.", reason: "NO_STOP")
        }
        return found
    }

    func finishResidue(_ request: FinishResidueRequest, context: CallContext) async throws -> StopTaskResponse {
        asked.withLock { $0.finishes.append(request) }
        guard let finished else { throw RPCError(.failedPrecondition, "Nothing was left.", reason: "NO_RESIDUE") }
        return finished
    }

    func readAudit(
        _ request: ReadAuditRequest, context: CallContext, writer: ItemWriter<ReadAuditEvent>
    ) async throws {
        asked.withLock { $0.readsAfter.append(request.afterSequence) }
        for event in audit where event.record.map({ $0.sequence > request.afterSequence }) ?? true {
            try await writer.write(event)
        }
    }

    /// Pages of two.
    func listAlarms(_ request: ListAlarmsRequest, context: CallContext) async throws -> ListAlarmsResponse {
        asked.withLock { $0.alarmLists.append(request) }
        let place = Int(request.pageToken) ?? 0
        let page = Array(alarms.dropFirst(place).prefix(2))
        let next = place + 2 < alarms.count ? String(place + 2) : ""
        return ListAlarmsResponse(alarms: page, nextPageToken: next, change: 7)
    }

    /// Sends every alarm, then refuses: a watch has no end that a test could wait for.
    func watchAlarms(
        _ request: WatchAlarmsRequest, context: CallContext, writer: ItemWriter<WatchAlarmsEvent>
    ) async throws {
        asked.withLock { $0.alarmWatches.append(request) }
        for alarm in alarms { try await writer.write(WatchAlarmsEvent(alarm: alarm)) }
        throw RPCError(.permissionDenied, "enough seen", reason: "ENDED")
    }

    func stopTask(_ request: StopTaskRequest, context: CallContext) async throws -> StopTaskResponse {
        throw Self.notAsked
    }

    func planStop(_ request: PlanStopRequest, context: CallContext) async throws -> StopPlan {
        throw Self.notAsked
    }

    func cancelStop(_ request: CancelStopRequest, context: CallContext) async throws -> StopTaskResponse {
        throw Self.notAsked
    }

    private static let notAsked = RPCError(.unimplemented, "no test of records asks for this")
}
