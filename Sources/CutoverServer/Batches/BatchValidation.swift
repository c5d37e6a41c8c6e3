import CutoverModel
internal import CutoverRPC
internal import CutoverTasks

/// What a batch may ask for. Whatever breaks a rule is INVALID_ARGUMENT and names the field; nothing was done then.
enum BatchValidation {
    static let maxOverrides = 10_000
    /// Tasks of a batch that is accepted whole or not at all: those of one durable write.
    static let maxAtomicItems = 10_000

    static func check(_ request: BatchStopRequest) throws {
        let terms = StopTerms(request)
        try terms.validate()
        guard !request.taskIds.isEmpty || request.selector != nil else {
            throw ServiceErrors.invalid(
                "task_ids is empty, and there is no selector. Name tasks, or say which to select.")
        }
        guard request.taskIds.count <= RequestValidation.maxBatchItems else {
            throw ServiceErrors.invalid(
                "task_ids: at most \(RequestValidation.maxBatchItems). Use a selector, or several batches.")
        }
        for id in request.taskIds { _ = try RequestValidation.identifier(id, field: "task_ids") }
        if !request.requestId.isEmpty {
            _ = try RequestValidation.identifier(request.requestId, field: "request_id")
        }
        if let selector = request.selector { try check(selector) }
        try check(request.overrides, terms)
        guard request.maxParallel <= UInt32(BatchMachine.maxInProgress) else {
            throw ServiceErrors.invalid("max_parallel must be 1 to \(BatchMachine.maxInProgress), or 0 for as many.")
        }
        guard request.atomicAccept else { return }
        guard request.maxParallel == 0, request.stopAfterFailures == 0 else {
            throw ServiceErrors.invalid(
                "atomic_accept accepts all at once: it does not go with max_parallel or stop_after_failures.")
        }
        guard request.taskIds.count <= maxAtomicItems else {
            throw ServiceErrors.invalid("task_ids: at most \(maxAtomicItems) with atomic_accept.")
        }
    }

    private static func check(_ selector: StopSelector) throws {
        try RequestValidation.labels(selector.labels)
        try RequestValidation.text(
            selector.nameGlob, field: "selector.name_glob", maxBytes: RequestValidation.maxNameBytes, isRequired: false)
        for case .unrecognized(let number) in selector.statuses {
            throw ServiceErrors.invalid("selector.statuses: \(number) is not known to this server.")
        }
        guard selector.isGiven else {
            throw ServiceErrors.invalid("selector has no condition. Give one, or all = true to mean every task.")
        }
    }

    private static func check(_ overrides: [StopOverride], _ terms: StopTerms) throws {
        guard overrides.count <= maxOverrides else {
            throw ServiceErrors.invalid("overrides: at most \(maxOverrides).")
        }
        var seen = Set<String>()
        for override in overrides {
            _ = try RequestValidation.identifier(override.taskId, field: "overrides.task_id")
            guard seen.insert(override.taskId).inserted else {
                throw ServiceErrors.invalid("overrides: a task is given twice.")
            }
            try terms.overridden(by: override).validate()
        }
    }

    /// The request with each task named once.
    ///
    /// A task that only an override names must be one that the selector takes right now; it is then named like the others, so that
    /// its terms are its own whenever its turn comes.
    static func unique(
        _ request: BatchStopRequest, context: BatchContext, nowMs: Int64
    ) async throws -> (request: BatchStopRequest, duplicates: Int) {
        var unique = request
        var named = Set<String>(minimumCapacity: request.taskIds.count)
        unique.taskIds = request.taskIds.filter { named.insert($0).inserted }
        let duplicates = request.taskIds.count - unique.taskIds.count
        let others = request.overrides.map(\.taskId).filter { !named.contains($0) }
        guard !others.isEmpty else { return (unique, duplicates) }
        let states = try await context.states(of: others)
        for id in others {
            guard let selector = request.selector, let state = states[id], selector.fits(state.record, atMs: nowMs)
            else {
                throw RPCError(
                    .invalidArgument,
                    "overrides: a task is neither among task_ids nor selected. Name it, or leave its override out.",
                    reason: "INVALID_FIELD", details: [ErrorDetail(key: "task_id", value: id)])
            }
        }
        unique.taskIds += others
        guard unique.taskIds.count <= RequestValidation.maxBatchItems else {
            throw ServiceErrors.invalid("task_ids and overrides: at most \(RequestValidation.maxBatchItems) tasks.")
        }
        return (unique, duplicates)
    }
}
