import CutoverModel
internal import CutoverTasks

/// What a batch may ask for. Whatever breaks a rule is INVALID_ARGUMENT and names the field; nothing was done then.
enum BatchValidation {
    static let maxOverrides = 10_000
    static let maxParallel: UInt32 = 10_000
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
        if !request.requestId.isEmpty {
            _ = try RequestValidation.identifier(request.requestId, field: "request_id")
        }
        if let selector = request.selector { try check(selector) }
        try check(request.overrides, terms, named: request.taskIds)
        guard request.maxParallel <= maxParallel else {
            throw ServiceErrors.invalid("max_parallel must be 1 to \(maxParallel), or 0 for no limit.")
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
        let isOpen =
            selector.statuses.isEmpty && selector.nameGlob.isEmpty && selector.labels.isEmpty
            && selector.minAgeMs == 0 && selector.minUnchangedMs == 0
        guard !isOpen || selector.all else {
            throw ServiceErrors.invalid("selector has no condition. Give one, or all = true to mean every task.")
        }
    }

    private static func check(_ overrides: [StopOverride], _ terms: StopTerms, named: [String]) throws {
        guard overrides.count <= maxOverrides else {
            throw ServiceErrors.invalid("overrides: at most \(maxOverrides).")
        }
        guard !overrides.isEmpty else { return }
        let named = Set(named)
        var seen = Set<String>()
        for override in overrides {
            guard named.contains(override.taskId) else {
                throw ServiceErrors.invalid("overrides: a task is not among task_ids. Name it there too.")
            }
            guard seen.insert(override.taskId).inserted else {
                throw ServiceErrors.invalid("overrides: a task is given twice.")
            }
            try terms.overridden(by: override).validate()
        }
    }
}
