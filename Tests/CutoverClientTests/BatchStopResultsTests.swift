import CutoverModel
import CutoverRPC
import Testing

@testable import CutoverClient

@Suite struct BatchStopResultsTests {
    private static func item(_ id: String, _ result: StopItemResult, isFinal: Bool = true) -> BatchStopEvent {
        BatchStopEvent(item: BatchItem(taskId: id, result: result, final: isFinal))
    }

    @Test func aLostBatchIsAskedForAgainUnderItsId() async throws {
        let server = ScriptedServer(batch: { call, request, writer in
            try await writer.write(BatchStopEvent(accepted: BatchAccepted(batchId: request.requestId, items: 2)))
            try await writer.write(Self.item("a", .stopped))
            try await writer.write(Self.item("b", .accepted, isFinal: false))
            if call == 1 { throw RPCError(.unavailable, "going away", retryAfterMs: 1) }
            try await writer.write(Self.item("b", .stopped))
            try await writer.write(BatchStopEvent(summary: BatchSummary(items: 2, stopped: 2)))
        })
        try await server.run { client, _ in
            var told: [String] = []
            for try await event in client.batchStop(BatchStopRequest(taskIds: ["a", "b"])) {
                if event.accepted != nil { told.append("accepted") }
                if let item = event.item { told.append("\(item.taskId) \(item.result.name)") }
                if let summary = event.summary { told.append("\(summary.stopped) stopped") }
            }
            #expect(told == ["accepted", "a STOPPED", "b ACCEPTED", "b STOPPED", "2 stopped"])
            #expect(server.batches.count == 2)
            #expect(Set(server.batches.map(\.requestId)).count == 1)
            #expect(server.batches.first?.requestId.isEmpty == false)
        }
    }

    @Test func aRefusedBatchIsAnError() async throws {
        let server = ScriptedServer(batch: { _, _, _ in throw RPCError(.invalidArgument, "too many") })
        try await server.run { client, _ in
            let error = await #expect(throws: CutoverError.self) {
                for try await _ in client.batchStop(BatchStopRequest(taskIds: ["a"])) {}
            }
            #expect(error?.code == .invalidArgument)
        }
    }
}
