import CutoverModel
internal import CutoverProto
internal import CutoverRPC
internal import CutoverServices
internal import CutoverTasks
internal import Foundation

/// Stops many tasks: accepted in groups of one durable write each, one result per task, a summary computed from the results.
struct BatchStopService: BatchStopServiceHandler {
    /// Tasks whose stops are accepted in one durable write.
    static let groupSize = 1_000

    let ledger: TaskLedger
    let pool: RunnerPool

    /// What a batch knows while it runs.
    private struct Batch {
        var id: String
        var order: StopOrder
        var fingerprint: [UInt8]?
        var last: [String: BatchItem] = [:]
        var waitsFor: [String: String] = [:]
    }

    func batchStop(
        _ request: BatchStopRequest, context: CallContext, writer: ItemWriter<BatchStopEvent>
    ) async throws {
        try await answering { try await run(request, context: context, writer: writer) }
    }

    private func run(
        _ request: BatchStopRequest, context: CallContext, writer: ItemWriter<BatchStopEvent>
    ) async throws {
        let ids = try validate(request)
        var bare = request
        bare.requestId = ""
        let batchID = request.requestId.isEmpty ? UUID().uuidString.lowercased() : request.requestId
        var batch = Batch(
            id: batchID,
            order: StopOrder(
                stopID: "", batchID: batchID, requestID: request.requestId, actor: actor(context),
                reason: request.reason, mode: request.mode, requireAllObjects: request.requireAllObjects,
                drainDeadlineMs: request.drainDeadlineMs),
            fingerprint: request.requestId.isEmpty
                ? nil : RequestValidation.fingerprint(context.method.name, bare))
        var seen = Set<String>()
        let unique = ids.filter { seen.insert($0).inserted }
        let before = try await ledger.store.revision()
        try await writer.write(
            BatchStopEvent(
                accepted: BatchAccepted(
                    batchId: batchID, items: UInt32(unique.count), duplicates: UInt32(ids.count - unique.count))))
        for start in stride(from: 0, to: unique.count, by: Self.groupSize) {
            let group = Array(unique[start..<min(start + Self.groupSize, unique.count)])
            for item in try await accept(group, &batch) {
                var item = item
                item.final = !(request.wait && batch.waitsFor[item.taskId] != nil)
                batch.last[item.taskId] = item
                try await writer.write(BatchStopEvent(item: item))
            }
        }
        if request.wait { try await follow(&batch, from: before, writer) }
        try await writer.write(BatchStopEvent(summary: Self.summary(batch.last.values)))
    }

    private func validate(_ request: BatchStopRequest) throws -> [String] {
        try StopTerms(request).validate()
        guard !request.taskIds.isEmpty else { throw ServiceErrors.invalid("task_ids is empty.") }
        guard request.taskIds.count <= RequestValidation.maxBatchItems else {
            throw ServiceErrors.invalid("task_ids: at most \(RequestValidation.maxBatchItems).")
        }
        if request.mode == .forced, request.reason.isEmpty {
            throw ServiceErrors.rpcError(
                Refusal(
                    .reasonRequired, "A forced stop leaves triggers and events behind. Give a reason for the audit log."
                ))
        }
        if !request.requestId.isEmpty {
            _ = try RequestValidation.identifier(request.requestId, field: "request_id")
        }
        return request.taskIds
    }

    // MARK: - Acceptance

    /// Decides about a group and writes what was accepted in one go; what lost its race is decided again.
    private func accept(_ group: [String], _ batch: inout Batch) async throws -> [BatchItem] {
        var results: [String: BatchItem] = [:]
        var open = group
        for _ in 0..<TaskLedger.maxRetries where !open.isEmpty {
            var writes: [TaskWrite] = []
            var transitions: [TaskTransition] = []
            for (id, state) in zip(open, try await ledger.store.states(of: open)) {
                switch decide(id, state, batch) {
                case .result(let item): results[id] = item
                case .write(let write, let transition):
                    writes.append(write)
                    transitions.append(transition)
                }
            }
            open = []
            guard !writes.isEmpty else { break }
            for (transition, outcome) in zip(transitions, try await ledger.store.apply(writes)) {
                let id = transition.state.record.id
                switch outcome {
                case .applied(_, let receipt):
                    results[id] = await accepted(transition, receipt, &batch)
                case .lost: open.append(id)
                case .requestKnown(let known): results[id] = try await replay(known, id, &batch)
                }
            }
        }
        for id in open {
            results[id] = item(id, .rejected, nil, error: ServiceErrors.rpcError(LedgerError.contended))
        }
        return group.compactMap { results[$0] }
    }

    private enum Decision {
        case result(BatchItem)
        case write(TaskWrite, TaskTransition)
    }

    private func decide(_ id: String, _ state: TaskState?, _ batch: Batch) -> Decision {
        guard let state else { return .result(item(id, .unknownTask, nil, error: ServiceErrors.unknownTask)) }
        var order = batch.order
        order.stopID = UUID().uuidString.lowercased()
        do {
            switch try StopMachine.decide(order, for: state, nowMs: ledger.nowMs()) {
            case .accepted(let transition):
                let memo = batch.fingerprint.map {
                    RequestMemo(
                        id: "\(batch.id)/\(id)", fingerprint: $0, taskID: id,
                        stopID: transition.state.record.stopId)
                }
                let write = ledger.makeWrite(
                    transition, before: state, actor: order.actor,
                    attachments: TaskLedger.Attachments(request: memo))
                return .write(write, transition)
            case .inProgress: return .result(item(id, .inProgress, state))
            case .alreadyEnded:
                // A batch sent again finds its own stops: they are its result, not somebody else's.
                let own = !order.requestID.isEmpty && state.stop?.batchId == batch.id
                return .result(item(id, own ? .stopped : .alreadyStopped, state))
            }
        } catch {
            return .result(item(id, .rejected, state, error: ServiceErrors.rpcError(error)))
        }
    }

    private func accepted(
        _ transition: TaskTransition, _ receipt: Receipt?, _ batch: inout Batch
    ) async -> BatchItem {
        let record = transition.state.record
        if receipt == nil {
            batch.waitsFor[record.id] = record.stopId
            await pool.poke(record.id)
        } else {
            await pool.pokeIfRunning(record.id)
        }
        return item(record.id, receipt == nil ? .accepted : .stopped, transition.state)
    }

    private func replay(_ known: RequestMemo, _ id: String, _ batch: inout Batch) async throws -> BatchItem {
        guard known.fingerprint == batch.fingerprint else { throw ServiceErrors.requestIDReused }
        guard let state = try await ledger.store.state(of: id) else {
            return item(id, .unknownTask, nil, error: ServiceErrors.unknownTask)
        }
        if state.record.status == .stopping { batch.waitsFor[id] = known.stopID }
        return item(id, Self.result(state) ?? .accepted, state)
    }

    // MARK: - Waiting for the end

    private func follow(
        _ batch: inout Batch, from revision: UInt64, _ writer: ItemWriter<BatchStopEvent>
    ) async throws {
        var position = revision
        while !batch.waitsFor.isEmpty {
            let events = try await ledger.store.events(after: position, limit: WatchService.logPage)
            if let last = events.last {
                position = last.revision
            } else {
                try await ledger.store.waitForRevision(above: position)
            }
            let touched = Array(Set(events.map(\.taskId).filter { batch.waitsFor[$0] != nil }))
            for (id, state) in zip(touched, try await ledger.store.states(of: touched)) {
                guard let state, let result = Self.result(state) else { continue }
                var done = item(id, result, state)
                if result == .failed, let failure = state.stop?.failure {
                    done.error = ErrorInfo(message: failure.message, reason: failure.code)
                }
                done.final = true
                batch.waitsFor.removeValue(forKey: id)
                batch.last[id] = done
                try await writer.write(BatchStopEvent(item: done))
            }
        }
    }

    /// What a stop came to; nil while it goes on.
    private static func result(_ state: TaskState) -> StopItemResult? {
        switch state.record.status {
        case .stopped, .completed: .stopped
        case .stopFailed: .failed
        default: nil
        }
    }

    private func item(
        _ id: String, _ result: StopItemResult, _ state: TaskState?, error: RPCError? = nil
    ) -> BatchItem {
        BatchItem(
            taskId: id, result: result, status: state?.record.status ?? .unspecified,
            modeTaken: state?.stop?.modeTaken ?? .unspecified, stopId: state?.record.stopId ?? "",
            error: error.map(ServiceErrors.info), final: true)
    }

    private static func summary(_ items: some Sequence<BatchItem>) -> BatchSummary {
        var summary = BatchSummary()
        for item in items {
            summary.items += 1
            switch item.result {
            case .accepted: summary.accepted += 1
            case .inProgress: summary.inProgress += 1
            case .stopped: summary.stopped += 1
            case .alreadyStopped: summary.alreadyStopped += 1
            case .unknownTask: summary.unknown += 1
            case .failed: summary.failed += 1
            case .withdrawn: summary.withdrawn += 1
            case .notAttempted: summary.notAttempted += 1
            case .rejected, .unspecified, .unrecognized: summary.rejected += 1
            }
        }
        return summary
    }
}
