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

    @Test func aWatchedBatchIsFollowedOverALostConnection() async throws {
        let server = ScriptedServer(batchWatch: { call, request, writer in
            try await writer.write(BatchStopEvent(accepted: BatchAccepted(batchId: request.batchId, resumed: true)))
            try await writer.write(Self.item("a", .stopped))
            if call == 1 { throw RPCError(.unavailable, "going away", retryAfterMs: 1) }
            try await writer.write(Self.item("b", .failed))
            try await writer.write(BatchStopEvent(summary: BatchSummary(items: 2, stopped: 1, failed: 1)))
        })
        try await server.run { client, _ in
            let results = client.watchBatchStop("batch", onlyChanges: true)
            #expect(results.batchID == "batch")
            var items: [String] = []
            for try await event in results { if let item = event.item { items.append(item.taskId) } }
            #expect(items == ["a", "b"])
            #expect(
                server.batchWatches
                    == [WatchBatchStopRequest](
                        repeating: WatchBatchStopRequest(batchId: "batch", onlyChanges: true), count: 2))
        }
    }

    @Test func theIdOfABatchIsKnownBeforeTheServerAnswers() async throws {
        let server = ScriptedServer(batch: { _, _, writer in
            try await writer.write(BatchStopEvent(summary: BatchSummary()))
        })
        try await server.run { client, _ in
            let results = client.batchStop(BatchStopRequest(taskIds: ["a"]))
            for try await _ in results {}
            #expect(server.batches.map(\.requestId) == [results.batchID])
            #expect(client.batchStop(BatchStopRequest(requestId: "mine")).batchID == "mine")
        }
    }

    @Test func theItemsOfABatchComePageAfterPage() async throws {
        let server = ScriptedServer(page: { request in
            let batch = StopBatch(id: request.batchId)
            switch request.pageToken {
            case "": return GetBatchStopResponse(batch: batch, items: [BatchItem(taskId: "a")], nextPageToken: "2")
            // A page without items is not the last one.
            case "2": return GetBatchStopResponse(batch: batch, nextPageToken: "3")
            default: return GetBatchStopResponse(batch: batch, items: [BatchItem(taskId: "b"), BatchItem(taskId: "c")])
            }
        })
        try await server.run { client, _ in
            var ids: [String] = []
            for try await item in client.batchItems("x", results: [.failed]) { ids.append(item.taskId) }
            #expect(ids == ["a", "b", "c"])
            #expect(server.pages.map(\.pageToken) == ["", "2", "3"])
            #expect(server.pages.allSatisfy { $0.results == [.failed] && $0.batchId == "x" })
            let batch = try await client.getBatchStop("x")
            #expect(batch.id == "x")
        }
    }

    @Test func aBatchIsCancelled() async throws {
        let server = ScriptedServer()
        try await server.run { client, _ in
            let cancelled = try await client.cancelBatchStop("x", withdraw: true, reason: "r")
            #expect(cancelled.cancelled)
            #expect(server.batchCancels == [CancelBatchStopRequest(batchId: "x", reason: "r", withdraw: true)])
            let page = try await client.listBatchStops(.init(pageToken: "2"))
            #expect(page.batches.map(\.id) == ["page 2"])
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
