import CutoverModel
import CutoverTasks

/// Clients of batches, and the server's answers to them.
extension StopSimulation {
    /// What a client asks for; sent again as it was, as long as no answer came and now and then although one did.
    struct BatchCall {
        enum Kind {
            case make(BatchStopRequest)
            case cancel(batchID: String, withdraws: Bool)
        }

        var requestID: String
        var kind: Kind
    }

    /// A call that the server has taken in; its batch is decided, and not written yet.
    struct BatchIntent {
        var call: BatchCall
        var prepared: PreparedWrite?
    }

    mutating func batchClientSends() {
        let call: BatchCall
        if random.oneIn(3), let again = sentBatches.suffix(6).randomElement(using: &random) {
            call = again
        } else if random.oneIn(3), let known = unfinishedBatches.randomElement(using: &random) {
            call = BatchCall(requestID: freshID("r"), kind: .cancel(batchID: known, withdraws: random.oneIn(2)))
        } else {
            call = BatchCall(requestID: freshID("b"), kind: .make(batchRequest()))
        }
        sentBatches.append(call)
        batchIntents.append(BatchIntent(call: call))
    }

    private var unfinishedBatches: [String] {
        history.batches.filter { $0.value.record?.batch?.state != .finished }.keys.sorted()
    }

    /// As the service's validation leaves it: each task named once, at least one named or a selector given.
    private mutating func batchRequest() -> BatchStopRequest {
        var request = BatchStopRequest()
        let given = (tasks + ["gone"] + tasks).shuffled(using: &random).prefix(Int.random(in: 0...6, using: &random))
        for id in given where !request.taskIds.contains(id) { request.taskIds.append(id) }
        if request.taskIds.isEmpty || random.oneIn(3) { request.selector = selector() }
        let modes: [StopMode] = [.auto, .auto, .graceful, .forced]
        request.mode = modes[Int.random(in: 0..<modes.count, using: &random)]
        request.reason = random.oneIn(4) ? "" : "because"
        request.requireAllObjects = random.oneIn(3)
        request.drainDeadlineMs = random.oneIn(3) ? 0 : 500
        let policies: [OnDeadline] = [.unspecified, .keepRunning, .stopUndrained, .force]
        request.onDeadline = policies[Int.random(in: 0..<policies.count, using: &random)]
        request.whenIllegal = random.oneIn(3) ? .wait : .refuse
        if random.oneIn(4) { request.drainTo = DrainTarget(point: random.oneIn(2) ? .applied : .current) }
        if random.oneIn(4), let task = request.taskIds.randomElement(using: &random) {
            request.overrides = [StopOverride(taskId: task, mode: .forced, reason: "broken")]
        }
        request.atomicAccept = random.oneIn(4)
        if !request.atomicAccept {
            request.maxParallel = random.oneIn(2) ? 1 : UInt32.random(in: 0...2, using: &random)
            request.stopAfterFailures = random.oneIn(2) ? 1 : UInt32.random(in: 0...2, using: &random)
        }
        return request
    }

    private mutating func selector() -> StopSelector {
        switch Int.random(in: 0..<4, using: &random) {
        case 0: StopSelector(all: true)
        case 1: StopSelector(nameGlob: "t?")
        case 2: StopSelector(statuses: [.incrementalMigration, .faultRectification, .paused])
        default: StopSelector(statuses: [.stopFailed, .incrementalMigrationFailed, .fullMigrationFailed])
        }
    }

    // MARK: - Answers

    /// The server works on a call: first it decides, later it writes, and decides anew when somebody was first.
    mutating func serverAnswersBatch() async throws {
        guard !batchIntents.isEmpty else { return }
        var intent = batchIntents.remove(at: Int.random(in: 0..<batchIntents.count, using: &random))
        guard let prepared = intent.prepared else {
            intent.prepared = try await prepare(intent.call)
            if intent.prepared != nil { batchIntents.append(intent) }
            return
        }
        switch try await write(prepared) {
        case .applied: batchAnswered(intent, prepared.batchID)
        case .lost, .refused, .partial:
            intent.prepared = nil
            batchIntents.append(intent)
        }
    }

    /// - Returns: nil when there is nothing to write: the call is answered.
    private mutating func prepare(_ call: BatchCall) async throws -> PreparedWrite? {
        switch call.kind {
        case .cancel(let batchID, let withdraws):
            guard let record = try await store.batch(id: batchID), let cancelled = core.batch.cancel(record, withdraws)
            else { return nil }
            return PreparedWrite(
                BatchGroup(record: cancelled), expected: record.batch?.revision ?? 0, action: "batch.cancelled")
        case .make(let request):
            let id = core.batch.batchID(call.requestID, freshID("b"))
            if try await store.batch(id: id) != nil {
                batchAnswered(BatchIntent(call: call), id)
                return nil
            }
            return try await begin(request, call.requestID, id)
        }
    }

    private mutating func begin(_ request: BatchStopRequest, _ requestID: String, _ id: String) async throws
        -> PreparedWrite
    {
        var request = request
        request.requestId = requestID
        var (record, pages) = core.batch.begin(request, id, Int.random(in: 1...3, using: &random), nowMs)
        let selected = history.last.values.map(\.record).filter {
            request.selector?.fits($0, atMs: record.selectedBeforeMs) == true
        }
        let origin = BatchOrigin(request: request, selected: Set(selected.map(\.id)))
        guard request.atomicAccept else {
            return PreparedWrite(
                BatchGroup(record: record, pages: pages), expected: 0, action: "batch.accepted", origin: origin)
        }
        var named = Set(request.taskIds)
        while !record.selected, let selector = request.selector {
            let listing = try await store.list(selector.query(after: record.selectorToken, limit: 2))
            guard let page = core.batch.select(listing, named, &record) else { continue }
            named.formUnion(page.items.map(\.taskId))
            pages.append(page)
        }
        let basis = try await basis(record, pages)
        var prepared = PreparedWrite(
            core.batch.acceptWhole(pages, basis), expected: 0, action: "batch.accepted", origin: origin)
        prepared.isWhole = core.batch.writesWhole
        return prepared
    }

    /// The answer goes out; it may be lost.
    private mutating func batchAnswered(_ intent: BatchIntent, _ batchID: String) {
        guard calm || !random.oneIn(5), case .make = intent.call.kind else { return }
        history.batchAnswered(batchID, request: intent.call.requestID)
    }
}
