import CutoverModel
internal import CutoverProto
internal import CutoverRPC
internal import CutoverServices
internal import CutoverTasks

/// The calls about batches. A batch is durable before its first message: the server carries it out whatever becomes of the client.
struct BatchStopService: BatchStopServiceHandler {
    static let maxPageSize = 10_000
    static let defaultPageSize = 1_000
    /// A page of items ends before its size when it has come to so many bytes: callers take at least frames of 64 KiB, and those
    /// with the usual limit of 1 MiB get as much as fits.
    static let maxPageBytes = 768 << 10
    /// Stored pages that one call reads: with a filter, a page may hold few items, or none, and still not be the last.
    static let maxPagesRead = 100

    let batches: BatchPool

    private var context: BatchContext { batches.context }

    func batchStop(
        _ request: BatchStopRequest, context call: CallContext, writer: ItemWriter<BatchStopEvent>
    ) async throws {
        try await answering {
            try BatchValidation.check(request)
            let terms = StopTerms(request)
            try terms.requirePermission(call)
            for override in request.overrides { try terms.overridden(by: override).requirePermission(call) }
            if request.dryRun {
                let (unique, duplicates) = try await BatchValidation.unique(
                    request, context: context, nowMs: context.ledger.nowMs())
                let trial = BatchTrial(context: context, request: unique, call: call)
                return try await trial.run(duplicates: duplicates, writer)
            }
            let (record, isNew) = try await find(request, call)
            guard let batch = record.batch else { throw ServiceErrors.unknownBatch }
            if batch.state != .finished { await batches.begin(batch.id) }
            try await writer.write(BatchStopEvent(accepted: batch.accepted(resumed: !isNew)))
            var stream = BatchStream(context: context, writer: writer, batchID: batch.id, waits: request.wait)
            try await stream.run()
        }
    }

    /// The batch that the same request made before, or else a new one.
    private func find(
        _ request: BatchStopRequest, _ call: CallContext
    ) async throws -> (record: BatchRecord, isNew: Bool) {
        var bare = request
        bare.requestId = ""
        bare.wait = false
        let fingerprint = RequestValidation.fingerprint(call.method.name, bare)
        let nowMs = context.ledger.nowMs()
        let id = request.requestId.isEmpty ? TimeOrderedID.make(nowMs: nowMs) : request.requestId
        if let known = try await context.store.batch(id: id) { return (try same(known, fingerprint), false) }
        try await requireRoom(for: id)
        let (unique, duplicates) = try await BatchValidation.unique(request, context: context, nowMs: nowMs)
        let (record, pages) = BatchMachine.begin(
            unique, id: id, actor: actor(call), mayForce: call.permissions.allow(.force), duplicates: duplicates,
            fingerprint: fingerprint, nowMs: nowMs)
        let outcome =
            request.atomicAccept
            ? try await AtomicBatch(context: context).accept(record, pages)
            : try await context.write(record, pages: pages, actor: actor(call), action: "batch.accepted")
        guard case .lost(let known) = outcome else { return (record, true) }
        return (try same(known, fingerprint), false)
    }

    private func same(_ known: BatchRecord?, _ fingerprint: [UInt8]) throws -> BatchRecord {
        guard let known, known.fingerprint == fingerprint else { throw ServiceErrors.requestIDReused }
        return known
    }

    /// Whether one more batch may be carried out, and the id is no other request's.
    private func requireRoom(for id: String) async throws {
        guard try await context.store.request(id: id) == nil else { throw ServiceErrors.requestIDReused }
        guard await batches.count < BatchPool.maxOpen else {
            throw RPCError(
                .resourceExhausted,
                "\(BatchPool.maxOpen) batches are being carried out already. Wait for one to finish, or cancel one.",
                reason: "TOO_MANY_BATCHES", retryAfterMs: 5_000)
        }
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
            var bytes = 0
            var pagesRead = 0
            while place.page < record.pages, items.count < size, bytes < Self.maxPageBytes,
                pagesRead < Self.maxPagesRead
            {
                let page = try await context.page(request.batchId, place.page)
                pagesRead += 1
                for item in try await context.current(Array(page.items.dropFirst(place.offset))) {
                    guard items.count < size, bytes < Self.maxPageBytes else { break }
                    place.offset += 1
                    guard wanted.isEmpty || wanted.contains(item.result) else { continue }
                    items.append(item)
                    bytes += item.weight
                }
                if place.offset >= page.items.count { place = BatchPlace(page: place.page + 1) }
            }
            let hasMore = place.page < record.pages
            return GetBatchStopResponse(batch: record.batch, items: items, nextPageToken: hasMore ? place.token : "")
        }
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
            guard let batch = try await record(request.batchId).batch else { throw ServiceErrors.unknownBatch }
            try await writer.write(BatchStopEvent(accepted: batch.accepted(resumed: true)))
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
                let record = try await record(request.batchId)
                guard
                    let cancelled = BatchMachine.cancel(
                        record, by: actor(call), reason: request.reason, withdraws: request.withdraw),
                    var batch = cancelled.batch
                else { return record.batch ?? StopBatch() }
                let outcome = try await context.write(
                    cancelled, pages: [], actor: actor(call), action: "batch.cancelled")
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
            throw ServiceErrors.unknownBatch
        }
        return record
    }
}

extension ServiceErrors {
    static let unknownBatch = RPCError(.notFound, "There is no batch with this id.", reason: "UNKNOWN_BATCH")
}

extension StopBatch {
    /// The first message of a stream about the batch.
    fileprivate func accepted(resumed: Bool) -> BatchAccepted {
        BatchAccepted(batchId: id, items: named, duplicates: duplicates, resumed: resumed)
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

extension BatchItem {
    /// About how many bytes the item takes in a message.
    fileprivate var weight: Int {
        64 + taskId.utf8.count + stopId.utf8.count + taskName.utf8.count + (error?.message.utf8.count ?? 0)
            + (error?.reason.utf8.count ?? 0)
    }
}
