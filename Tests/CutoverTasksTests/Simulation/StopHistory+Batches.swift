import CutoverModel
import CutoverTasks

/// Batches against what became of the tasks that they stopped.
extension StopHistory {
    /// One batch, from its first write on.
    struct KnownBatch {
        /// Each task named once.
        var request: BatchStopRequest
        /// As it was written last; nil until the batch itself is durable.
        var record: BatchRecord?
        var items: [BatchItem] = []
        /// By task: the stop that a write of the batch made, or took up again.
        var ordered: [String: String] = [:]
        /// By task: how that stop was seen to end, which may be more than once.
        var endings: [String: Set<StopItemResult>] = [:]
        /// Tasks that the selector has selected ever since the batch was decided.
        var owed: Set<String>

        /// Stops that go on, and have never ended.
        var inProgress: Int { ordered.keys.count { endings[$0] == nil } }
    }

    /// A batch's first write is being carried out.
    mutating func made(_ record: BatchRecord, from origin: StopSimulation.BatchOrigin) {
        guard let id = record.batch?.id else { return }
        let request = origin.request
        let former = batches[id]
        let isSecond = batches.contains { known, batch in
            batch.record != nil && (known == id || batch.request.requestId == request.requestId)
        }
        if isSecond {
            breaks(.batchRequestsRepeat, "request \(request.requestId) made a second batch, \(id)")
        }
        var batch = KnownBatch(request: request, owed: origin.selected)
        // A batch that is accepted whole has selected already; any other goes on to select.
        if let selector = request.selector, !request.atomicAccept {
            batch.owed = batch.owed.filter { last[$0].map { selector.query().matches($0.record) } ?? false }
        }
        if let former, former.record == nil { batch.ordered = former.ordered }
        batches[id] = batch
    }

    /// A call that makes a batch was answered, and the answer came in.
    mutating func batchAnswered(_ id: String, request: String) {
        if let before = answers[request], before != id {
            breaks(.batchRequestsRepeat, "request \(request) was answered with batch \(before), then \(id)")
        }
        answers[request] = id
        if batches[id]?.record == nil || batches[id]?.request.requestId != request {
            breaks(.batchRequestsRepeat, "request \(request) was answered with batch \(id), which it did not make")
        }
    }

    // MARK: - Durable writes

    /// A stop becomes durable by a write of a batch.
    mutating func ordered(_ transition: TaskTransition, by id: String) {
        guard let stop = transition.state.stop, var batch = batches[id] else { return }
        let task = transition.state.record.id
        if let before = batch.ordered[task] {
            breaks(.batchItemsAreTrue, "\(id): \(task) was stopped by \(before), then by \(stop.id)")
        }
        batch.ordered[task] = stop.id
        batches[id] = batch
        if stop.batchId != id { seen.insert("batch took a stop up") }
        let limit = batch.request.maxParallel
        // The stop that this very write ends takes no place.
        let isOver = transition.state.record.status.isFinal
        if limit > 0, batch.inProgress - (isOver ? 1 : 0) > limit {
            breaks(.batchKeepsItsLimit, "\(id): \(batch.inProgress) stops are in progress, \(limit) may be")
        }
        let failures = batch.items.count(where: \.isFailure)
        let mayFail = batch.request.stopAfterFailures
        if batch.record?.batch?.cancelled == true || (mayFail > 0 && failures >= mayFail) {
            breaks(.endedBatchAcceptsNoMore, "\(id): \(task) was stopped after the batch's end, \(failures) failures")
        }
    }

    /// A task's write became durable: batches follow its stop, and their selectors its status.
    mutating func batchesFollow(_ state: TaskState) {
        let task = state.record.id
        let ending: StopItemResult? =
            switch state.stop?.phase {
            case .stopped: .stopped
            case .failed: .failed
            case .withdrawn: .withdrawn
            default: nil
            }
        for (id, batch) in batches {
            if let ending, batch.ordered[task] == state.stop?.id {
                batches[id]?.endings[task, default: []].insert(ending)
            }
            guard batch.owed.contains(task), let selector = batch.request.selector else { continue }
            if !selector.query().matches(state.record) { batches[id]?.owed.remove(task) }
        }
    }

    /// A batch's write became durable, with all its items as they are stored now.
    mutating func wrote(_ record: BatchRecord, _ items: [BatchItem], action: String) {
        guard let id = record.batch?.id, var batch = batches[id] else { return }
        seen.insert(action)
        let isNew = batch.record == nil
        checkItems(id, items, batch, record, action)
        for (place, item) in items.enumerated() where !item.isPending {
            if place >= batch.items.count || batch.items[place] != item { checkTruth(id, item, batch) }
        }
        if record.batch?.summary != BatchSummary(counting: items) {
            breaks(.batchAddsUp, "\(id) by \(action): \(items.map(\.result)) do not add up to the summary")
        }
        if batch.request.atomicAccept, isNew { checkWhole(id, items, batch) }
        let wasSelected = batch.record?.selected ?? false
        let isGivenUp = action == "batch.ended"
        let missing = batch.owed.subtracting(items.map(\.taskId))
        if record.selected, !wasSelected, !isGivenUp, !missing.isEmpty {
            breaks(.batchLosesNoItem, "\(id): the selector passed over \(missing.sorted())")
        }
        if record.selected { batch.owed = [] }
        batch.record = record
        batch.items = items
        batches[id] = batch
    }

    /// Each task has one item, in a place that it keeps; what is decided stays so.
    private mutating func checkItems(
        _ id: String, _ items: [BatchItem], _ batch: KnownBatch, _ record: BatchRecord, _ action: String
    ) {
        let tasks = items.map(\.taskId)
        let known = batch.record == nil ? batch.request.taskIds : batch.items.map(\.taskId)
        if Array(tasks.prefix(known.count)) != known || Set(tasks).count != tasks.count {
            breaks(.batchLosesNoItem, "\(id) by \(action): items for \(known) became \(tasks)")
        }
        for (old, new) in zip(batch.items, items) where !old.isPending && old != new {
            if !old.isOpen || old.stopId != new.stopId || !new.final {
                breaks(.batchLosesNoItem, "\(id) by \(action): \(old.taskId) was \(old.result), is \(new.result)")
            }
        }
        let isDecided = record.batch?.state != .accepting
        if isDecided, !record.selected || items.contains(where: \.isPending) {
            breaks(.batchLosesNoItem, "\(id) by \(action): \(tasks) are not all decided")
        }
        if record.batch?.state == .finished, items.contains(where: \.isOpen) {
            breaks(.batchLosesNoItem, "\(id) by \(action): over although stops of \(tasks) go on")
        }
    }

    /// An item says what its task's stop says, and a stop of the batch has an item that says so.
    private mutating func checkTruth(_ id: String, _ item: BatchItem, _ batch: KnownBatch) {
        let task = item.taskId
        let stop = batch.ordered[task]
        func require(_ holds: Bool, _ what: @autoclosure () -> String) {
            guard !holds else { return }
            breaks(
                .batchItemsAreTrue,
                "\(id): \(task) is \(item.result) with stop \(item.stopId), \(what()); the batch's is \(stop ?? "none")"
            )
        }
        seen.insert("batch item \(item.result.name)")
        require(item.final == (item.result != .accepted), "final is \(item.final)")
        switch item.result {
        case .accepted: require(stop == item.stopId, "which the batch did not make")
        case .stopped, .failed, .withdrawn:
            require(stop == item.stopId, "which the batch did not make")
            require(batch.endings[task]?.contains(item.result) == true, "which never ended so")
            require(item.result == .stopped || item.error?.reason.isEmpty == false, "without a reason")
            guard item.result == .stopped, let ended = last[task]?.stop else { break }
            require(item.drained == ended.drained, "drained is \(item.drained)")
            require(item.status == last[task]?.record.status, "the status is \(item.status)")
        case .inProgress: require(stop == nil && known[item.stopId]?.task == task, "although it is the batch's own")
        case .alreadyStopped:
            require(stop == nil && last[task]?.record.status.isFinal == true, "although the batch stopped it")
        case .unknownTask: require(last[task] == nil, "but there is such a task")
        case .rejected, .notAttempted:
            require(stop == nil && item.error?.reason.isEmpty == false, "although the batch stopped it")
        case .unspecified, .unrecognized: require(false, "which is no result")
        }
    }

    private mutating func checkWhole(_ id: String, _ items: [BatchItem], _ batch: KnownBatch) {
        let isRefused = items.contains { [.rejected, .unknownTask, .notAttempted].contains($0.result) }
        seen.insert(isRefused ? "batch refused whole" : "batch accepted whole")
        if isRefused ? !batch.ordered.isEmpty : items.contains(where: \.isPending) {
            breaks(.batchIsAllOrNone, "\(id): \(batch.ordered) were stopped of \(items.map(\.result))")
        }
    }

    /// The runner has called off what it can of a cancelled batch.
    mutating func withdrew(_ id: String) {
        guard let batch = batches[id] else { return }
        seen.insert("batch withdrawn")
        for (task, stop) in batch.ordered where batch.endings[task] == nil {
            guard let state = last[task], state.stop?.id == stop else { continue }
            if Legality.refusal(of: .cancelStop, for: state) == nil {
                breaks(.endedBatchAcceptsNoMore, "\(id) was called off, but stop \(stop) of \(task) goes on")
            }
        }
    }

    // MARK: - At the end

    mutating func checkBatches() {
        for (id, batch) in batches.sorted(by: { $0.key < $1.key }) {
            guard let record = batch.record else {
                if !batch.ordered.isEmpty { breaks(.batchIsAllOrNone, "\(id) is gone, but stopped \(batch.ordered)") }
                continue
            }
            if record.batch?.state != .finished {
                breaks(
                    .everyBatchEnds, "\(id) is still \(record.batch?.state.name ?? ""): \(batch.items.map(\.result))")
            }
            seen.insert("batch settled")
        }
    }
}
