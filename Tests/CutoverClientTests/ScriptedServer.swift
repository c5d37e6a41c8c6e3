import CutoverModel
import CutoverRPC
import CutoverServices
import Foundation
import Logging
import Synchronization

@testable import CutoverClient

/// A server in this process whose answers a test writes down; it remembers what it was asked.
final class ScriptedServer: Sendable {
    typealias StopScript = @Sendable (_ call: Int, StopTaskRequest) async throws -> StopTaskResponse
    typealias WatchScript = @Sendable (_ call: Int, WatchTasksRequest, ItemWriter<WatchEvent>) async throws -> Void
    typealias BatchWatchScript =
        @Sendable (_ call: Int, WatchBatchStopRequest, ItemWriter<BatchStopEvent>) async throws -> Void
    typealias PageScript = @Sendable (GetBatchStopRequest) throws -> GetBatchStopResponse
    typealias BatchScript = @Sendable (_ call: Int, BatchStopRequest, ItemWriter<BatchStopEvent>) async throws -> Void

    private struct Asked {
        var stops: [StopTaskRequest] = []
        var watches: [WatchTasksRequest] = []
        var batches: [BatchStopRequest] = []
        var batchWatches: [WatchBatchStopRequest] = []
        var pages: [GetBatchStopRequest] = []
        var batchCancels: [CancelBatchStopRequest] = []
        var plans: [PlanStopRequest] = []
        var cancels: [CancelStopRequest] = []
        var finishes: [FinishResidueRequest] = []
        var creates: [CreateTaskRequest] = []
    }

    private let asked = Mutex(Asked())
    let stopScript: StopScript
    let watchScript: WatchScript
    let batchScript: BatchScript
    let batchWatchScript: BatchWatchScript
    let pageScript: PageScript

    init(
        stop: @escaping StopScript = { _, _ in throw unscripted },
        watch: @escaping WatchScript = { _, _, _ in throw unscripted },
        batch: @escaping BatchScript = { _, _, _ in throw unscripted },
        batchWatch: @escaping BatchWatchScript = { _, _, _ in throw unscripted },
        page: @escaping PageScript = { _ in throw unscripted }
    ) {
        stopScript = stop
        watchScript = watch
        batchScript = batch
        batchWatchScript = batchWatch
        pageScript = page
    }

    static let unscripted = RPCError(.unimplemented, "not in the script of this test")

    var stops: [StopTaskRequest] { asked.withLock { $0.stops } }
    var watches: [WatchTasksRequest] { asked.withLock { $0.watches } }
    var batches: [BatchStopRequest] { asked.withLock { $0.batches } }
    var batchWatches: [WatchBatchStopRequest] { asked.withLock { $0.batchWatches } }
    var pages: [GetBatchStopRequest] { asked.withLock { $0.pages } }
    var batchCancels: [CancelBatchStopRequest] { asked.withLock { $0.batchCancels } }
    var plans: [PlanStopRequest] { asked.withLock { $0.plans } }
    var cancels: [CancelStopRequest] { asked.withLock { $0.cancels } }
    var finishes: [FinishResidueRequest] { asked.withLock { $0.finishes } }
    var creates: [CreateTaskRequest] { asked.withLock { $0.creates } }

    /// Serves on a Unix socket in a folder of its own while `body` runs.
    func run(
        configuration: CutoverClient.Configuration = .init(),
        _ body: (CutoverClient, ServerHandle) async throws -> Void
    ) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "cutover-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let handle = ServerHandle(path: folder.appending(path: "s").path(), services: self)
        try await handle.start()
        let client = try CutoverClient(endpoint: "unix:\(handle.path)", configuration: configuration)
        let outcome: Result<Void, any Error>
        do { outcome = .success(try await body(client, handle)) } catch { outcome = .failure(error) }
        await client.close()
        await handle.stop()
        try outcome.get()
    }
}

/// A server that a test may stop and start again at the same address.
actor ServerHandle {
    nonisolated let path: String
    private let services: ScriptedServer
    private var server: RPCServer?

    init(path: String, services: ScriptedServer) {
        self.path = path
        self.services = services
    }

    func start() async throws {
        var router = RPCRouter()
        try router.register(health: services)
        try router.register(stopService: services)
        try router.register(batchStopService: services)
        try router.register(taskService: services)
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        server = try await RPCServer.start(
            configuration: RPCServerConfiguration(endpoint: .unix(path: path)), router: router, logger: logger)
    }

    func stop() async {
        await server?.shutdown(grace: .milliseconds(50))
        server = nil
        try? FileManager.default.removeItem(atPath: path)
    }
}

extension ScriptedServer: HealthHandler, StopServiceHandler, BatchStopServiceHandler, TaskServiceHandler {
    func check(_ request: HealthCheckRequest, context: CallContext) throws -> HealthCheckResponse {
        HealthCheckResponse(status: .serving)
    }

    func watch(
        _ request: HealthCheckRequest, context: CallContext, writer: ItemWriter<HealthCheckResponse>
    ) async throws {
        try await writer.write(HealthCheckResponse(status: .serving))
    }

    func stopTask(_ request: StopTaskRequest, context: CallContext) async throws -> StopTaskResponse {
        let call = asked.withLock { asked in
            asked.stops.append(request)
            return asked.stops.count
        }
        return try await stopScript(call, request)
    }

    func batchStop(
        _ request: BatchStopRequest, context: CallContext, writer: ItemWriter<BatchStopEvent>
    ) async throws {
        let call = asked.withLock { asked in
            asked.batches.append(request)
            return asked.batches.count
        }
        try await batchScript(call, request, writer)
    }

    func watchTasks(
        _ request: WatchTasksRequest, context: CallContext, writer: ItemWriter<WatchEvent>
    ) async throws {
        let call = asked.withLock { asked in
            asked.watches.append(request)
            return asked.watches.count
        }
        try await watchScript(call, request, writer)
    }

    func createTask(_ request: CreateTaskRequest, context: CallContext) async throws -> MigrationTask {
        asked.withLock { $0.creates.append(request) }
        return MigrationTask(id: "new", name: request.name)
    }

    func cancelStop(_ request: CancelStopRequest, context: CallContext) async throws -> StopTaskResponse {
        asked.withLock { $0.cancels.append(request) }
        return StopTaskResponse(result: .withdrawn, status: .incrementalMigration)
    }

    func finishResidue(_ request: FinishResidueRequest, context: CallContext) async throws -> StopTaskResponse {
        asked.withLock { $0.finishes.append(request) }
        return StopTaskResponse(result: .alreadyStopped, status: .stopped)
    }

    func getBatchStop(_ request: GetBatchStopRequest, context: CallContext) async throws -> GetBatchStopResponse {
        asked.withLock { $0.pages.append(request) }
        return try pageScript(request)
    }

    func listBatchStops(
        _ request: ListBatchStopsRequest, context: CallContext
    ) async throws -> ListBatchStopsResponse {
        ListBatchStopsResponse(batches: [StopBatch(id: "page \(request.pageToken)")])
    }

    func watchBatchStop(
        _ request: WatchBatchStopRequest, context: CallContext, writer: ItemWriter<BatchStopEvent>
    ) async throws {
        let call = asked.withLock { asked in
            asked.batchWatches.append(request)
            return asked.batchWatches.count
        }
        try await batchWatchScript(call, request, writer)
    }

    func cancelBatchStop(_ request: CancelBatchStopRequest, context: CallContext) async throws -> StopBatch {
        asked.withLock { $0.batchCancels.append(request) }
        return StopBatch(id: request.batchId, cancelled: true)
    }

    func planStop(_ request: PlanStopRequest, context: CallContext) async throws -> StopPlan {
        asked.withLock { $0.plans.append(request) }
        return StopPlan(taskId: request.taskId, legal: true)
    }

    func getStop(_ request: GetStopRequest, context: CallContext) async throws -> StopTaskResponse {
        StopTaskResponse(result: .stopped, receipt: Receipt(sequence: 1), status: .stopped)
    }

    func configureTask(_ request: ConfigureTaskRequest, context: CallContext) async throws -> MigrationTask {
        throw Self.unscripted
    }

    func startTask(_ request: StartTaskRequest, context: CallContext) async throws -> MigrationTask {
        throw Self.unscripted
    }

    func pauseTask(_ request: PauseTaskRequest, context: CallContext) async throws -> MigrationTask {
        throw Self.unscripted
    }

    func resumeTask(_ request: ResumeTaskRequest, context: CallContext) async throws -> MigrationTask {
        throw Self.unscripted
    }

    func deleteTask(_ request: DeleteTaskRequest, context: CallContext) async throws -> DeleteTaskResponse {
        throw Self.unscripted
    }

    func getTask(_ request: GetTaskRequest, context: CallContext) async throws -> MigrationTask {
        throw Self.unscripted
    }

    func listTasks(_ request: ListTasksRequest, context: CallContext) async throws -> ListTasksResponse {
        throw Self.unscripted
    }

    func listActions(_ request: ListActionsRequest, context: CallContext) async throws -> ListActionsResponse {
        throw Self.unscripted
    }
}
