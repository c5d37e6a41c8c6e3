import ArgumentParser
import CutoverModel
import CutoverRPC
import CutoverServices
import Foundation
import Logging
import Synchronization

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
    }

    private struct State {
        var entries: [String: Entry] = [:]
        var stopRequests: [StopTaskRequest] = []
        var batchRequests: [BatchStopRequest] = []
        var configureRequests: [ConfigureTaskRequest] = []
    }

    private let state = Mutex(State())

    init(_ entries: [Entry]) {
        state.withLock { state in
            for entry in entries { state.entries[entry.task.id] = entry }
        }
    }

    var stopRequests: [StopTaskRequest] { state.withLock { $0.stopRequests } }
    var batchRequests: [BatchStopRequest] { state.withLock { $0.batchRequests } }
    var configureRequests: [ConfigureTaskRequest] { state.withLock { $0.configureRequests } }

    private func entry(_ id: String) throws -> Entry {
        guard let entry = state.withLock({ $0.entries[id] }) else {
            throw RPCError(.notFound, "There is no task with this id.", reason: "UNKNOWN_TASK")
        }
        return entry
    }

    private func task(_ id: String) throws -> MigrationTask { try entry(id).task }

    private func response(_ entry: Entry, _ stop: Stop) -> StopTaskResponse {
        let hasEnded = stop.phase == .stopped
        return StopTaskResponse(
            result: hasEnded ? .stopped : stop.phase == .failed ? .failed : .accepted, stop: stop,
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
        _ arguments: [String], answers: [String] = [], isTerminal: Bool = false
    ) async throws -> Run {
        try await serve { address in
            await Self.run(arguments, address: address, answers: answers, isTerminal: isTerminal)
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
        _ arguments: [String], address: String, answers: [String] = [], isTerminal: Bool = false
    ) async -> Run {
        let recording = RecordingConsole(
            answers: answers, isTerminal: isTerminal, environment: ["CUTOVER_ADDRESS": address])
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

extension FakeServices: HealthHandler, StopServiceHandler, BatchStopServiceHandler, TaskServiceHandler {
    func check(_ request: HealthCheckRequest, context: CallContext) throws -> HealthCheckResponse {
        HealthCheckResponse(status: .serving)
    }

    func stopTask(_ request: StopTaskRequest, context: CallContext) async throws -> StopTaskResponse {
        let entry = try entry(request.taskId)
        state.withLock { $0.stopRequests.append(request) }
        if let refusal = entry.refusal { throw refusal }
        return response(entry, entry.stops.first ?? Stop())
    }

    func planStop(_ request: PlanStopRequest, context: CallContext) async throws -> StopPlan {
        try entry(request.taskId).plan
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

    func batchStop(
        _ request: BatchStopRequest, context: CallContext, writer: ItemWriter<BatchStopEvent>
    ) async throws {
        state.withLock { $0.batchRequests.append(request) }
        let count = UInt32(request.taskIds.count)
        try await writer.write(BatchStopEvent(accepted: BatchAccepted(batchId: "batch-1", items: count)))
        var summary = BatchSummary(items: count)
        for id in request.taskIds {
            var item = BatchItem(taskId: id, final: true)
            if let entry = try? entry(id) {
                if let refusal = entry.refusal {
                    item.result = .rejected
                    item.error = ErrorInfo(message: refusal.message, reason: refusal.reason)
                    summary.rejected += 1
                } else {
                    item.result = .accepted
                    item.stopId = entry.stops.first?.id ?? ""
                    summary.accepted += 1
                }
            } else {
                item.result = .unknownTask
                summary.unknown += 1
            }
            try await writer.write(BatchStopEvent(item: item))
        }
        try await writer.write(BatchStopEvent(summary: summary))
    }

    func watchTasks(
        _ request: WatchTasksRequest, context: CallContext, writer: ItemWriter<WatchEvent>
    ) async throws {
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
