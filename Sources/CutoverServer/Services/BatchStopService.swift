import CutoverModel
internal import CutoverProto
internal import CutoverRPC
internal import CutoverServices
internal import CutoverTasks
internal import Foundation

/// The calls about batches. A batch is durable before its first message: the server carries it out whatever becomes of the client.
struct BatchStopService: BatchStopServiceHandler {
    static let maxPageSize = 10_000
    static let defaultPageSize = 1_000

    let batches: BatchPool

    private var context: BatchContext { batches.context }

    func batchStop(
        _ request: BatchStopRequest, context call: CallContext, writer: ItemWriter<BatchStopEvent>
    ) async throws {
        try await answering {
            try BatchValidation.check(request)
            var unique = request
            var seen = Set<String>()
            unique.taskIds = request.taskIds.filter { seen.insert($0).inserted }
            let duplicates = request.taskIds.count - unique.taskIds.count
            if request.dryRun {
                let trial = BatchTrial(context: context, request: unique, actor: actor(call))
                return try await trial.run(duplicates: duplicates, writer)
            }
            var bare = request
            bare.requestId = ""
            bare.wait = false
            let id = request.requestId.isEmpty ? UUID().uuidString.lowercased() : request.requestId
            let (record, pages) = BatchMachine.begin(
                unique, id: id, actor: actor(call), duplicates: duplicates,
                fingerprint: RequestValidation.fingerprint(call.method.name, bare), nowMs: context.ledger.nowMs())
            let isNew = try await make(record, pages)
            await batches.begin(id)
            try await writer.write(
                BatchStopEvent(
                    accepted: BatchAccepted(
                        batchId: id, items: record.batch?.named ?? 0, duplicates: UInt32(duplicates), resumed: !isNew)))
            var stream = BatchStream(context: context, writer: writer, batchID: id, waits: request.wait)
            try await stream.run()
        }
    }

    /// Writes a new batch, or finds the one that was made by the same request before.
    /// - Returns: false when it was there before.
    private func make(_ record: BatchRecord, _ pages: [BatchPage]) async throws -> Bool {
        guard let id = record.batch?.id else { throw ServiceErrors.invalid("request_id is missing.") }
        var known = try await context.store.batch(id: id)
        if known == nil {
            let outcome =
                record.batch?.terms?.atomicAccept == true
                ? try await AtomicBatch(context: context).accept(record, pages)
                : try await context.write(
                    record, pages: pages, actor: record.batch?.actor ?? "", action: "batch.accepted")
            guard case .lost(let current) = outcome else { return true }
            known = current
        }
        guard known?.fingerprint == record.fingerprint else { throw ServiceErrors.requestIDReused }
        return false
    }

    func getBatchStop(
        _ request: GetBatchStopRequest, context call: CallContext
    ) async throws -> GetBatchStopResponse {
        try await answering {
            let record = try await record(request.batchId)
            guard request.pageSize <= Self.maxPageSize else {
                throw ServiceErrors.invalid(
                    "page_size must be 1 to \(Self.maxPageSize), or 0 for \(Self.defaultPageSize).")
            }
            guard var place = BatchPlace(request.pageToken) else {
                throw ServiceErrors.invalid("page_token is none that this server gave. Begin without one.")
            }
            let size = request.pageSize == 0 ? Self.defaultPageSize : Int(request.pageSize)
            let wanted = Set(request.results)
            var items: [BatchItem] = []
            var hasMore = true
            while items.count < size {
                guard let page = try await context.store.batchPage(id: request.batchId, index: place.page) else {
                    hasMore = false
                    break
                }
                let left = Array(page.items.dropFirst(place.offset))
                let standing = try await standing(left)
                var taken = 0
                for item in standing where items.count < size {
                    taken += 1
                    if wanted.isEmpty || wanted.contains(item.result) { items.append(item) }
                }
                place.offset += taken
                if place.offset >= page.items.count { place = BatchPlace(page: place.page + 1) }
            }
            return GetBatchStopResponse(batch: record.batch, items: items, nextPageToken: hasMore ? place.token : "")
        }
    }

    /// Items with those that go on as they stand now.
    private func standing(_ items: [BatchItem]) async throws -> [BatchItem] {
        let open = items.filter { !$0.final && !$0.isPending }
        guard !open.isEmpty else { return items }
        let now = Dictionary(
            try await context.standing(of: open).map { ($0.taskId, $0) }, uniquingKeysWith: { first, _ in first })
        return items.map { $0.final ? $0 : now[$0.taskId] ?? $0 }
    }

    func listBatchStops(
        _ request: ListBatchStopsRequest, context call: CallContext
    ) async throws -> ListBatchStopsResponse {
        try await answering {
            guard request.pageSize <= 1_000 else {
                throw ServiceErrors.invalid("page_size must be 1 to 1000, or 0 for 100.")
            }
            let listing = try await context.store.batches(
                after: request.pageToken.isEmpty ? nil : request.pageToken,
                limit: request.pageSize == 0 ? 100 : Int(request.pageSize))
            return ListBatchStopsResponse(
                batches: listing.batches.compactMap(\.batch), nextPageToken: listing.next ?? "")
        }
    }

    func watchBatchStop(
        _ request: WatchBatchStopRequest, context call: CallContext, writer: ItemWriter<BatchStopEvent>
    ) async throws {
        try await answering {
            let batch = try await record(request.batchId).batch
            try await writer.write(
                BatchStopEvent(
                    accepted: BatchAccepted(
                        batchId: request.batchId, items: batch?.named ?? 0, duplicates: batch?.duplicates ?? 0,
                        resumed: true)))
            var stream = BatchStream(
                context: context, writer: writer, batchID: request.batchId, waits: true,
                onlyChanges: request.onlyChanges)
            try await stream.run()
        }
    }

    func cancelBatchStop(_ request: CancelBatchStopRequest, context call: CallContext) async throws -> StopBatch {
        try await answering {
            try RequestValidation.text(
                request.reason, field: "reason", maxBytes: RequestValidation.maxReasonBytes, isRequired: false)
            for _ in 0..<TaskLedger.maxRetries {
                var record = try await record(request.batchId)
                guard var batch = record.batch else { break }
                let asksMore = !batch.cancelled || (request.withdraw && !batch.withdraws)
                guard batch.state != .finished, asksMore else { return batch }
                if !batch.cancelled {
                    batch.cancelledBy = actor(call)
                    batch.cancelledReason = request.reason
                }
                batch.cancelled = true
                batch.withdraws = batch.withdraws || request.withdraw
                record.batch = batch
                let outcome = try await context.write(
                    record, pages: [], actor: actor(call), action: "batch.cancelled")
                guard case .applied(let revision, _) = outcome else { continue }
                await batches.begin(batch.id)
                batch.revision = revision
                return batch
            }
            throw LedgerError.contended
        }
    }

    private func record(_ batchID: String) async throws -> BatchRecord {
        let id = try RequestValidation.identifier(batchID, field: "batch_id")
        guard let record = try await context.store.batch(id: id) else {
            throw RPCError(.notFound, "There is no batch with this id.", reason: "UNKNOWN_BATCH")
        }
        return record
    }
}

/// A place among the items of a batch; its token is what callers hand back.
struct BatchPlace: Sendable, Hashable {
    var page: UInt32
    var offset = 0

    init(page: UInt32) {
        self.page = page
    }

    /// Nil when it is no token; the beginning when it is empty.
    init?(_ token: String) {
        guard !token.isEmpty else {
            self.init(page: 0)
            return
        }
        let parts = token.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let page = UInt32(parts[0]), let offset = UInt16(parts[1]) else { return nil }
        self.init(page: page)
        self.offset = Int(offset)
    }

    var token: String { "\(page)-\(offset)" }
}
