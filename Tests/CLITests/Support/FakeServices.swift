import ArgumentParser
import CutoverModel
import CutoverRPC
import CutoverServices
import Foundation
import Logging
import Synchronization

@testable import CutoverConsole
@testable import cutover

/// A few tasks behind the real protocol, so that commands can be run from their arguments to their exit status.
///
/// It has no rules of its own: each task answers as the test set it up.
final class FakeServices: Sendable {
    struct Entry: Sendable {
        var task: MigrationTask
        var plan = StopPlan()
        /// The states that the stop goes through; the last one is where it ends.
        var stops: [Stop] = []
        var refusal: RPCError?
        /// Why its stop cannot be withdrawn.
        var cancelRefusal: RPCError?
    }

    struct State {
        var entries: [String: Entry] = [:]
        var batches: [StopBatch] = []
        var stopRequests: [StopTaskRequest] = []
        var planRequests: [PlanStopRequest] = []
        var cancelRequests: [CancelStopRequest] = []
        var batchRequests: [BatchStopRequest] = []
        var batchCancels: [CancelBatchStopRequest] = []
        var watchRequests: [WatchTasksRequest] = []
        var configureRequests: [ConfigureTaskRequest] = []
    }

    let state = Mutex(State())
    /// What a watch sends in the place of the tasks that it names; then the server refuses to go on, so that it ends.
    private let watched: [WatchEvent]

    init(_ entries: [Entry], batches: [StopBatch] = [], watched: [WatchEvent] = []) {
        self.watched = watched
        state.withLock { state in
            for entry in entries { state.entries[entry.task.id] = entry }
            state.batches = batches
        }
    }

    var stopRequests: [StopTaskRequest] { state.withLock { $0.stopRequests } }
    var batchRequests: [BatchStopRequest] { state.withLock { $0.batchRequests } }
    var planRequests: [PlanStopRequest] { state.withLock { $0.planRequests } }
    var cancelRequests: [CancelStopRequest] { state.withLock { $0.cancelRequests } }
    var batchCancels: [CancelBatchStopRequest] { state.withLock { $0.batchCancels } }
    var watchRequests: [WatchTasksRequest] { state.withLock { $0.watchRequests } }
    var configureRequests: [ConfigureTaskRequest] { state.withLock { $0.configureRequests } }

    func entry(_ id: String) throws -> Entry {
        guard let entry = state.withLock({ $0.entries[id] }) else {
            throw RPCError(.notFound, "There is no task with this id.", reason: "UNKNOWN_TASK")
        }
        return entry
    }

    private func task(_ id: String) throws -> MigrationTask { try entry(id).task }

    private func response(_ entry: Entry, _ stop: Stop) -> StopTaskResponse {
        let hasEnded = stop.phase == .stopped
        let result: StopItemResult
        switch stop.phase {
        case .stopped: result = .stopped
        case .failed: result = .failed
        case .withdrawn: result = .withdrawn
        default: result = .accepted
        }
        return StopTaskResponse(
            result: result, stop: stop,
            receipt: hasEnded ? Receipt(stop: stop, sequence: 1, finalStatus: .stopped) : nil,
            status: hasEnded ? .stopped : .stopping)
    }

    /// What a command did: what it printed, and its exit status.
    struct Run: Sendable {
        var status: Int32
        var output: String
        var errors: String
    }

    /// Runs a command line against these services.
    func run(
        _ arguments: [String], answers: [String] = [], isTerminal: Bool = false, style: TextStyle? = nil
    ) async throws -> Run {
        try await serve { address in
            await Self.run(arguments, address: address, answers: answers, isTerminal: isTerminal, style: style)
        }
    }

    /// Serves on a Unix socket of its own while `body` runs with its address.
    func serve<Value>(_ body: (String) async throws -> Value) async throws -> Value {
        let folder = FileManager.default.temporaryDirectory.appending(path: "cutover-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appending(path: "s").path()
        var router = RPCRouter()
        try router.register(health: self)
        try router.register(stopService: self)
        try router.register(batchStopService: self)
        try router.register(taskService: self)
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let server = try await RPCServer.start(
            configuration: RPCServerConfiguration(endpoint: .unix(path: path)), router: router, logger: logger)
        let outcome: Result<Value, any Error>
        do { outcome = .success(try await body("unix:\(path)")) } catch { outcome = .failure(error) }
        await server.shutdown(grace: .milliseconds(50))
        return try outcome.get()
    }

    /// Runs a command line against an address.
    static func run(
        _ arguments: [String], address: String, answers: [String] = [], isTerminal: Bool = false,
        style: TextStyle? = nil
    ) async -> Run {
        let recording = RecordingConsole(
            answers: answers, style: style, isTerminal: isTerminal, environment: ["CUTOVER_ADDRESS": address])
        let status = await Console.$current.withValue(recording.console) { () async -> Int32 in
            do {
                var command = try CutoverCommand.parseAsRoot(arguments)
                if var command = command as? any AsyncParsableCommand {
                    try await command.run()
                } else {
                    try command.run()
                }
                return 0
            } catch {
                return CutoverCommand.exitCode(for: error).rawValue
            }
        }
        return Run(status: status, output: recording.output, errors: recording.errors)
    }
}

extension FakeServices: HealthHandler, StopServiceHandler, TaskServiceHandler {
    func check(_ request: HealthCheckRequest, context: CallContext) throws -> HealthCheckResponse {
        HealthCheckResponse(status: .serving)
    }

    func watch(
        _ request: HealthCheckRequest, context: CallContext, writer: ItemWriter<HealthCheckResponse>
    ) async throws {
        try await writer.write(HealthCheckResponse(status: .serving))
    }

    func stopTask(_ request: StopTaskRequest, context: CallContext) async throws -> StopTaskResponse {
        let entry = try entry(request.taskId)
        state.withLock { $0.stopRequests.append(request) }
        if let refusal = entry.refusal { throw refusal }
        return response(entry, entry.stops.first ?? Stop())
    }

    func planStop(_ request: PlanStopRequest, context: CallContext) async throws -> StopPlan {
        state.withLock { $0.planRequests.append(request) }
        return try entry(request.taskId).plan
    }

    func cancelStop(_ request: CancelStopRequest, context: CallContext) async throws -> StopTaskResponse {
        state.withLock { $0.cancelRequests.append(request) }
        let entry = try entry(request.taskId.isEmpty ? stop(request.stopId).taskId : request.taskId)
        if let refusal = entry.cancelRefusal { throw refusal }
        var stop = entry.stops.first ?? Stop()
        stop.phase = .withdrawn
        stop.withdrawnBy = "alice"
        stop.withdrawnReason = request.reason
        return StopTaskResponse(result: .withdrawn, stop: stop, status: entry.task.status)
    }

    func finishResidue(_ request: FinishResidueRequest, context: CallContext) async throws -> StopTaskResponse {
        throw RPCError(.failedPrecondition, "Nothing was left behind.", reason: "NO_RESIDUE")
    }

    private func stop(_ id: String) throws -> Stop {
        let stop = state.withLock { state in
            state.entries.values.lazy.flatMap(\.stops).first { $0.id == id }
        }
        guard let stop else { throw RPCError(.notFound, "No such stop.", reason: "UNKNOWN_STOP") }
        return stop
    }

    func getStop(_ request: GetStopRequest, context: CallContext) async throws -> StopTaskResponse {
        let found = state.withLock { state in
            state.entries.values.first { entry in
                entry.task.id == request.taskId || entry.stops.contains { $0.id == request.stopId }
            }
        }
        guard let found, let stop = found.stops.last else {
            throw RPCError(.notFound, "No such stop.", reason: "NO_STOP")
        }
        return response(found, stop)
    }

    func watchTasks(
        _ request: WatchTasksRequest, context: CallContext, writer: ItemWriter<WatchEvent>
    ) async throws {
        state.withLock { $0.watchRequests.append(request) }
        if !watched.isEmpty {
            for event in watched { try await writer.write(event) }
            throw RPCError(.permissionDenied, "enough seen", reason: "ENDED")
        }
        for id in request.taskIds {
            let entry = try entry(id)
            for stop in entry.stops.isEmpty ? [nil] : entry.stops.map(Optional.some) {
                try await writer.write(WatchEvent(task: entry.task, stop: stop, taskId: id))
            }
        }
        try await Task.sleep(for: .seconds(60))
    }

    func createTask(_ request: CreateTaskRequest, context: CallContext) async throws -> MigrationTask {
        MigrationTask(id: "new", name: request.name, status: .configuration, labels: request.labels)
    }

    func configureTask(_ request: ConfigureTaskRequest, context: CallContext) async throws -> MigrationTask {
        state.withLock { $0.configureRequests.append(request) }
        return try task(request.taskId)
    }

    func startTask(_ request: StartTaskRequest, context: CallContext) async throws -> MigrationTask {
        let entry = try entry(request.taskId)
        if let refusal = entry.refusal { throw refusal }
        return entry.task
    }

    func pauseTask(_ request: PauseTaskRequest, context: CallContext) async throws -> MigrationTask {
        try task(request.taskId)
    }

    func resumeTask(_ request: ResumeTaskRequest, context: CallContext) async throws -> MigrationTask {
        try task(request.taskId)
    }

    func deleteTask(_ request: DeleteTaskRequest, context: CallContext) async throws -> DeleteTaskResponse {
        _ = try entry(request.taskId)
        return DeleteTaskResponse()
    }

    func getTask(_ request: GetTaskRequest, context: CallContext) async throws -> MigrationTask {
        try task(request.taskId)
    }

    /// Pages of one task each, so that asking for all takes several.
    func listTasks(_ request: ListTasksRequest, context: CallContext) async throws -> ListTasksResponse {
        let tasks = state.withLock { $0.entries.values.map(\.task) }.sorted { $0.id < $1.id }
        let place = Int(request.pageToken) ?? 0
        let next = place + 1 < tasks.count ? String(place + 1) : ""
        return ListTasksResponse(tasks: Array(tasks.dropFirst(place).prefix(1)), nextPageToken: next, revision: 1)
    }

    func listActions(_ request: ListActionsRequest, context: CallContext) async throws -> ListActionsResponse {
        ListActionsResponse(
            status: try task(request.taskId).status,
            actions: [ActionAvailability(action: .start, available: true)])
    }
}
