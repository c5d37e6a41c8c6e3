import CutoverModel
import CutoverRPC
@testable import CutoverServer
import CutoverServices
import CutoverTasks
import Testing

@Suite struct BatchStopServiceTests {
    private func ids(_ count: Int) -> [String] { (0..<count).map { "t\($0)" } }

    private func list(_ stage: BatchStage, _ request: ListBatchStopsRequest) async throws -> ListBatchStopsResponse {
        try await stage.service.listBatchStops(
            request, context: BatchStage.call(BatchStopServiceMethods.listBatchStops))
    }

    private func refusal(_ body: () async throws -> Void) async -> RPCError? {
        do {
            try await body()
            return nil
        } catch {
            return error as? RPCError
        }
    }

    /// Every page of a batch's items, until there is no more.
    private func pages(
        _ stage: BatchStage, _ request: GetBatchStopRequest
    ) async throws -> [GetBatchStopResponse] {
        var request = request
        var pages: [GetBatchStopResponse] = []
        repeat {
            let page = try await stage.get(request)
            pages.append(page)
            request.pageToken = page.nextPageToken
        } while !request.pageToken.isEmpty && pages.count < 10_000
        return pages
    }

    // MARK: - Items

    /// A batch that is over, with these items, a stored page for each part.
    private func keep(_ parts: [[BatchItem]], in stage: BatchStage) async throws {
        let pages = parts.enumerated().map { BatchPage(batchId: "b", index: UInt32($0), items: $1) }
        let count = UInt32(pages.count)
        let batch = StopBatch(id: "b", state: .finished, summary: BatchSummary(counting: parts.flatMap(\.self)))
        let record = BatchRecord(batch: batch, pages: count, openPage: count, selected: true)
        _ = try await stage.store.base.apply(
            BatchWrite(record: record, expectedRevision: 0, pages: pages, actor: "ann", action: "test", atMs: 1),
            with: [], atomically: false)
    }

    private func items(_ ids: some Sequence<String>, _ result: StopItemResult = .stopped) -> [BatchItem] {
        ids.map { BatchItem(taskId: $0, result: result, final: true) }
    }

    @Test func itemsComeOnceAndInOrderWhateverThePage() async throws {
        let stage = await BatchStage()
        let tasks = ids(2_500)
        try await keep([items(tasks[..<1_000]), items(tasks[1_000..<2_000]), items(tasks[2_000...])], in: stage)
        for size in [1, 7, 999, 1_000, 1_001, 1_250, 2_499, 2_500, 2_501, 10_000] {
            let found = try await pages(stage, GetBatchStopRequest(batchId: "b", pageSize: UInt32(size)))
            #expect(found.flatMap(\.items).map(\.taskId) == tasks, "\(size)")
            #expect(found.dropLast().allSatisfy { $0.items.count == size }, "\(size)")
            #expect(found.count == (2_500 + size - 1) / size, "no empty page at the end, \(size)")
            #expect(found.allSatisfy { $0.batch?.summary?.stopped == 2_500 })
        }
    }

    @Test func withoutASizeAPageHasAThousand() async throws {
        let stage = await BatchStage()
        try await stage.add(ids(1_001))
        _ = try await stage.stop(BatchStopRequest(taskIds: ids(1_001), requestId: "b", wait: true))
        let found = try await pages(stage, GetBatchStopRequest(batchId: "b"))
        #expect(found.map(\.items.count) == [1_000, 1])
    }

    @Test func onlyTheResultsAskedForAreGiven() async throws {
        let stage = await BatchStage()
        try await stage.add(ids(1_050))
        try await stage.add(["r"], .fullMigration)
        let tasks = ["gone-1", "r"] + ids(1_050) + ["gone-2"]
        _ = try await stage.stop(BatchStopRequest(taskIds: tasks, requestId: "b"))
        let unknown = try await pages(
            stage, GetBatchStopRequest(batchId: "b", pageSize: 1, results: [.unknownTask]))
        #expect(unknown.flatMap(\.items).map(\.taskId) == ["gone-1", "gone-2"])
        let two = try await pages(stage, GetBatchStopRequest(batchId: "b", results: [.accepted, .unknownTask]))
        #expect(two.flatMap(\.items).map(\.taskId) == ["gone-1", "r", "gone-2"])
        #expect(try await pages(stage, GetBatchStopRequest(batchId: "b", results: [.failed])).flatMap(\.items).isEmpty)
        await stage.batches.shutDown()
        // The page was stored with the stop going on; told is how it stands.
        try await stage.end("r")
        #expect(
            try await pages(stage, GetBatchStopRequest(batchId: "b", results: [.accepted])).flatMap(\.items).isEmpty)
    }

    /// A call reads so many stored pages and no more: a page with nothing that was asked for is not the last one then.
    @Test func aFilterThatFindsNothingIsAnsweredPieceByPiece() async throws {
        let stage = await BatchStage()
        let parts = ids(BatchStopService.maxPagesRead).map { items([$0]) } + [items(["gone"], .unknownTask)]
        try await keep(parts, in: stage)
        let found = try await pages(stage, GetBatchStopRequest(batchId: "b", results: [.unknownTask]))
        #expect(found.map(\.items.count) == [0, 1])
    }

    /// Items of their largest size: a page ends before the message is too large for a usual frame.
    @Test func aPageEndsBeforeItIsTooLarge() async throws {
        let stage = await BatchStage()
        let error = ErrorInfo(message: String(repeating: "m", count: 300), reason: String(repeating: "r", count: 30))
        let parts = (0..<3).map { part in
            (0..<1_000).map { number in
                BatchItem(
                    taskId: "\(part)-\(number)-" + String(repeating: "i", count: 50), result: .failed,
                    stopId: String(repeating: "s", count: 36), error: error, final: true,
                    taskName: String(repeating: "n", count: RequestValidation.maxNameBytes))
            }
        }
        try await keep(parts, in: stage)
        let found = try await pages(stage, GetBatchStopRequest(batchId: "b", pageSize: 10_000))
        #expect(found.flatMap(\.items) == parts.flatMap(\.self))
        #expect(found.count > 1)
        for page in found {
            // Texts, and generously what is around them.
            let bytes = page.items.count * (60 + 36 + 300 + 30 + RequestValidation.maxNameBytes + 40)
            #expect(bytes < 1 << 20, "fits a frame of a mebibyte")
        }
    }

    @Test func badItemPagesAreRefused() async throws {
        let stage = await BatchStage()
        try await stage.add(["a"])
        _ = try await stage.stop(BatchStopRequest(taskIds: ["a"], requestId: "b", wait: true))
        let size = await refusal { _ = try await stage.get(GetBatchStopRequest(batchId: "b", pageSize: 10_001)) }
        #expect(size?.status == .invalidArgument)
        #expect(size?.message == "page_size must be 1 to 10000, or 0 for 1000.")
        for token in ["x", "1", "1-", "-1", "-1-0", "0-65536", "4294967296-0", "0-0-0", "0- 1"] {
            let error = await refusal { _ = try await stage.get(GetBatchStopRequest(batchId: "b", pageToken: token)) }
            #expect(error?.status == .invalidArgument, "\(token)")
            #expect(error?.message == "page_token is none that this server gave. Begin without one.", "\(token)")
        }
        #expect(try await stage.get(GetBatchStopRequest(batchId: "b", pageToken: "0-65535")).nextPageToken.isEmpty)
        #expect(try await stage.get(GetBatchStopRequest(batchId: "b", pageToken: "9-9")).items.isEmpty)
        let unknown = await refusal { _ = try await stage.get(GetBatchStopRequest(batchId: "c")) }
        #expect(unknown?.status == .notFound && unknown?.reason == "UNKNOWN_BATCH")
        let missing = await refusal { _ = try await stage.get(GetBatchStopRequest()) }
        #expect(missing?.status == .invalidArgument && missing?.message == "batch_id is missing.")
    }

    // MARK: - Batches

    @Test(arguments: [1, 2, 3, 6, 7, 8]) func batchesAreListedLatestFirst(_ size: Int) async throws {
        let stage = await BatchStage()
        try await stage.add(["a"])
        let batches = (0..<7).map { "b\($0)" }
        for id in batches { _ = try await stage.stop(BatchStopRequest(taskIds: ["a"], requestId: id, wait: true)) }
        var request = ListBatchStopsRequest(pageSize: UInt32(size))
        var found: [[String]] = []
        repeat {
            let page = try await list(stage, request)
            found.append(page.batches.map(\.id))
            request.pageToken = page.nextPageToken
        } while !request.pageToken.isEmpty && found.count < 100
        #expect(found.flatMap(\.self) == batches.reversed())
        #expect(found.count == (7 + size - 1) / size, "no empty page at the end")
        #expect(found.dropLast().allSatisfy { $0.count == size })
    }

    @Test func withoutASizeAHundredBatchesAreListed() async throws {
        let stage = await BatchStage()
        try await stage.add(["a"])
        #expect(try await list(stage, ListBatchStopsRequest()) == ListBatchStopsResponse())
        for number in 0..<101 {
            _ = try await stage.stop(BatchStopRequest(taskIds: ["a"], requestId: "b\(number)", wait: true))
        }
        let first = try await list(stage, ListBatchStopsRequest())
        #expect(first.batches.count == 100 && first.batches.first?.id == "b100")
        let second = try await list(stage, ListBatchStopsRequest(pageToken: first.nextPageToken))
        #expect(second.batches.map(\.id) == ["b0"] && second.nextPageToken.isEmpty)
        #expect(try await list(stage, ListBatchStopsRequest(pageSize: 1_000)).batches.count == 101)
    }

    @Test func badBatchPagesAreRefused() async throws {
        let stage = await BatchStage()
        let size = await refusal { _ = try await list(stage, ListBatchStopsRequest(pageSize: 1_001)) }
        #expect(size?.status == .invalidArgument && size?.message == "page_size must be 1 to 1000, or 0 for 100.")
        for token in ["x", "-1", "1.5", "9223372036854775808", " 1"] {
            let error = await refusal { _ = try await list(stage, ListBatchStopsRequest(pageToken: token)) }
            #expect(error?.status == .invalidArgument && error?.reason == "INVALID_FIELD", "\(token)")
            #expect(error?.message == "page_token is none that this server gave. Begin without one.", "\(token)")
        }
    }

    /// As many batches go on as there may be; their one task is held in its drain.
    @Test func noMoreBatchesGoOnThanAllowed() async throws {
        let stage = await BatchStage()
        try await stage.add(["held"], .incrementalMigration)
        try await stage.stopAlone("held", StopOrder(stopID: "s"))
        for number in 0..<BatchPool.maxOpen {
            let item = BatchItem(taskId: "held", result: .accepted, stopId: "s")
            let batch = StopBatch(id: "b\(number)", state: .running, summary: BatchSummary(counting: [item]))
            let record = BatchRecord(batch: batch, pages: 1, openPage: 1, selected: true)
            _ = try await stage.store.base.apply(
                BatchWrite(
                    record: record, expectedRevision: 0, pages: [BatchPage(batchId: batch.id, items: [item])],
                    actor: "ann", action: "test", atMs: 1), with: [], atomically: false)
        }
        #expect(try await stage.batches.start() == BatchPool.maxOpen)
        try await stage.add(["more"])
        var request = BatchStopRequest(taskIds: ["more"], requestId: "more")
        let refused = try await stage.refusal(of: request)
        #expect(refused?.status == .resourceExhausted && refused?.reason == "TOO_MANY_BATCHES")
        #expect((refused?.retryAfterMs ?? 0) > 0 && refused?.message.contains("cancel one") == true)
        #expect(try await stage.status("more") == .pendingStart)
        request.dryRun = true
        #expect(try await stage.stop(request).results == ["more": .accepted], "a dry run takes no place")
        await stage.batches.shutDown()
    }

    // MARK: - The same id

    @Test func anIDStandsForOneRequestOnly() async throws {
        let stage = await BatchStage()
        try await stage.add(["a", "b"], .fullMigration)
        _ = try await stage.stop(BatchStopRequest(taskIds: ["a"], requestId: "r"))
        async let waiting = stage.stop(BatchStopRequest(taskIds: ["a"], requestId: "r", wait: true))
        try await stage.end("a")
        #expect(try await waiting.accepted?.resumed == true, "how long a caller stays is no part of what was asked")
        for other in [
            BatchStopRequest(taskIds: ["a", "b"], requestId: "r"),
            BatchStopRequest(taskIds: ["a"], reason: "x", requestId: "r"),
            BatchStopRequest(taskIds: ["a"], requestId: "r", atomicAccept: true),
        ] {
            let error = try await stage.refusal(of: other)
            #expect(error?.status == .invalidArgument && error?.reason == "REQUEST_ID_REUSED")
        }
        #expect(try await stage.status("b") == .fullMigration)
        _ = try await stage.ledger.write(
            "b", actor: "ann",
            attachments: TaskLedger.Attachments(request: RequestMemo(id: "s", fingerprint: [1], taskID: "b"))
        ) { TaskTransition(state: $0, action: "test") }
        let taken = try await stage.refusal(of: BatchStopRequest(taskIds: ["b"], requestId: "s"))
        #expect(taken?.reason == "REQUEST_ID_REUSED", "an id of a call about one task is none for a batch")
        await stage.batches.shutDown()
    }
}
