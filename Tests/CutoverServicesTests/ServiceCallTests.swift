import CutoverModel
import CutoverRPC
import CutoverServices
import Foundation
import Logging
import NIOCore
import Testing

/// Handlers that answer so that the tests can see what they were asked.
private struct SampleServices: HealthHandler, EchoHandler, StopServiceHandler, BatchStopServiceHandler {
    func check(_ request: HealthCheckRequest, context: CallContext) throws -> HealthCheckResponse {
        HealthCheckResponse(status: .serving)
    }

    func watch(
        _ request: HealthCheckRequest, context: CallContext, writer: ItemWriter<HealthCheckResponse>
    ) async throws {
        try await writer.write(HealthCheckResponse(status: .serving))
    }

    func echo(_ request: EchoRequest, context: CallContext) throws -> EchoResponse {
        EchoResponse(payload: request.payload)
    }

    func stopTask(_ request: StopTaskRequest, context: CallContext) async throws -> StopTaskResponse {
        guard request.reason != "refuse" else {
            throw RPCError(
                .failedPrecondition, "not now", reason: "NOT_NOW", details: [ErrorDetail(key: "status", value: "é")])
        }
        return StopTaskResponse(result: .accepted, stop: Stop(taskId: request.taskId, reason: request.reason))
    }

    func planStop(_ request: PlanStopRequest, context: CallContext) async throws -> StopPlan {
        StopPlan(taskId: request.taskId, legal: true)
    }

    func getStop(_ request: GetStopRequest, context: CallContext) async throws -> StopTaskResponse {
        throw RPCError(.notFound, "no such stop")
    }

    func batchStop(
        _ request: BatchStopRequest, context: CallContext, writer: ItemWriter<BatchStopEvent>
    ) async throws {
        try await writer.write(BatchStopEvent(accepted: BatchAccepted(items: UInt32(request.taskIds.count))))
        for taskId in request.taskIds {
            try await writer.write(BatchStopEvent(item: BatchItem(taskId: taskId, result: .accepted)))
        }
        try await writer.write(BatchStopEvent(summary: BatchSummary(items: UInt32(request.taskIds.count))))
    }
}

@Suite struct ServiceCallTests {
    @Test func unaryCallsOfEveryKind() async throws {
        try await Self.withServer { client in
            #expect(try await HealthClient(client: client).check(HealthCheckRequest()).status == .serving)
            let payload = (0..<70000).map { UInt8(truncatingIfNeeded: $0) }
            #expect(try await EchoClient(client: client).echo(EchoRequest(payload: payload)).payload == payload)
            let stops = StopServiceClient(client: client)
            let answer = try await stops.stopTask(StopTaskRequest(taskId: "t\u{0}1", reason: "märz"))
            #expect(answer.result == .accepted)
            #expect(answer.stop == Stop(taskId: "t\u{0}1", reason: "märz"))
        }
    }

    @Test func errorsKeepTheirFacts() async throws {
        try await Self.withServer { client in
            let error = await #expect(throws: RPCError.self) {
                try await StopServiceClient(client: client).stopTask(StopTaskRequest(reason: "refuse"))
            }
            #expect(error?.status == .failedPrecondition)
            #expect(error?.reason == "NOT_NOW")
            #expect(error?.message == "not now")
            #expect(error?.details == [ErrorDetail(key: "status", value: "é")])
        }
    }

    @Test func aStreamComesInOrderAndEnds() async throws {
        try await Self.withServer { client in
            let taskIds = (0..<500).map { "task-\($0)" }
            var events: [BatchStopEvent] = []
            for try await event in BatchStopServiceClient(client: client).batchStop(BatchStopRequest(taskIds: taskIds))
            {
                events.append(event)
            }
            #expect(events.first?.accepted?.items == 500)
            #expect(events.compactMap(\.item?.taskId) == taskIds)
            #expect(events.last?.summary?.items == 500)
            #expect(events.count == 502)
        }
    }

    @Test func payloadsThatAreNoMessageAreTheCallersFault() async throws {
        try await Self.withServer { client in
            let bomb = ByteBuffer(bytes: (0..<32768).flatMap { _ in [0x78, 0x00] as [UInt8] })
            let cases: [(ByteBuffer, String, String)] = [
                (ByteBuffer(bytes: [0x0A, 0x05, 0x61]), "INVALID_ARGUMENT", RPCError.Reason.malformedPayload),
                (ByteBuffer(bytes: [0x0A, 0x01, 0xFF]), "INVALID_ARGUMENT", RPCError.Reason.malformedPayload),
                (bomb, "RESOURCE_EXHAUSTED", RPCError.Reason.unpackBudget),
            ]
            for (payload, status, reason) in cases {
                let error = await #expect(throws: RPCError.self) {
                    try await client.unary(StopServiceMethods.stopTask, payload, options: CallOptions())
                }
                #expect(error?.status.name == status)
                #expect(error?.reason == reason)
            }
            // The connection lives on.
            let health = try await HealthClient(client: client).check(HealthCheckRequest())
            #expect(health.status == .serving)
        }
    }

    @Test func methodsHaveTheirNumbers() {
        #expect(HealthMethods.check.id == 1)
        #expect(EchoMethods.echo.id == 5)
        // FNV-1a, 32 bits, of the name.
        for method in StopServiceMethods.all + TaskServiceMethods.all {
            #expect(method.id == method.name.utf8.reduce(2_166_136_261) { ($0 ^ UInt32($1)) &* 16_777_619 })
        }
        #expect(BatchStopServiceMethods.batchStop.kind == .serverStream)
        #expect(StopServiceMethods.stopTask.isIdempotent)
    }

    private static func withServer(_ body: (RPCClient) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("cutover-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let endpoint = RPCEndpoint.unix(path: folder.appendingPathComponent("s").path)
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        var router = RPCRouter()
        let services = SampleServices()
        try router.register(health: services)
        try router.register(echo: services)
        try router.register(stopService: services)
        try router.register(batchStopService: services)
        let server = try await RPCServer.start(
            configuration: RPCServerConfiguration(endpoint: endpoint), router: router, logger: logger)
        let client = RPCClient(configuration: RPCClientConfiguration(endpoint: endpoint), logger: logger)
        let outcome: Result<Void, any Error>
        do { outcome = .success(try await body(client)) } catch { outcome = .failure(error) }
        await client.shutdown(grace: .seconds(5))
        await server.shutdown(grace: .seconds(5))
        try outcome.get()
    }
}

extension SampleServices {
    func cancelStop(_ request: CancelStopRequest, context: CallContext) async throws -> StopTaskResponse {
        throw RPCError(.unimplemented, "not played here")
    }

    func finishResidue(_ request: FinishResidueRequest, context: CallContext) async throws -> StopTaskResponse {
        throw RPCError(.unimplemented, "not played here")
    }
}

extension SampleServices {
    func getBatchStop(_ request: GetBatchStopRequest, context: CallContext) async throws -> GetBatchStopResponse {
        throw RPCError(.unimplemented, "not played here")
    }

    func listBatchStops(
        _ request: ListBatchStopsRequest, context: CallContext
    ) async throws -> ListBatchStopsResponse {
        throw RPCError(.unimplemented, "not played here")
    }

    func watchBatchStop(
        _ request: WatchBatchStopRequest, context: CallContext, writer: ItemWriter<BatchStopEvent>
    ) async throws {
        throw RPCError(.unimplemented, "not played here")
    }

    func cancelBatchStop(_ request: CancelBatchStopRequest, context: CallContext) async throws -> StopBatch {
        throw RPCError(.unimplemented, "not played here")
    }
}
