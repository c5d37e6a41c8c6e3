import CutoverModel
import CutoverTasks

/// What was promised and what was seen; says which promise was broken.
struct StopHistory {
    enum Promise: String, CaseIterable {
        case acceptedIsNeverLost, oneStopWins, stoppedIsFinal, drainedIsTrue, nobodyWritesAfterTheFence, withdrawnRunsOn
        case auditVerifies, requestsRepeat, everyStopEnds, epochNeverGoesBack, noDeadEnds, recordsAreBounded
        case batchAddsUp, batchItemsAreTrue, batchLosesNoItem, batchKeepsItsLimit, batchIsAllOrNone
        case endedBatchAcceptsNoMore, batchRequestsRepeat, everyBatchEnds
    }

    /// One stop, from its first write on.
    struct Known {
        var task: String
        /// How many transactions the source had when it was accepted, and the destination.
        var sourceAtAcceptance = 0
        var appliedAtAcceptance = 0
    }

    private(set) var broken: [(promise: Promise, what: String)] = []
    private(set) var known: [String: Known] = [:]
    /// Stops in the order in which they were first written.
    private var order: [String] = []
    private(set) var last: [String: TaskState] = [:]
    /// The answer's stop, or batch, by request id.
    var answers: [String: String] = [:]
    /// What the audit log must hold, in order.
    private(set) var sealed: [(stopID: String, kind: ReceiptKind)] = []
    /// The highest epoch that may not write any more, by task.
    private var fences: [String: UInt64] = [:]
    /// What was seen at all: schedules that get nowhere would prove nothing.
    var seen: Set<String> = []
    /// By id.
    var batches: [String: KnownBatch] = [:]

    mutating func breaks(_ promise: Promise, _ what: String) { broken.append((promise, what)) }

    func stops(of task: String) -> [String] { order.filter { known[$0]?.task == task } }

    /// A call about a stop was answered, and the answer came in.
    mutating func answered(_ stopID: String, request: String, task: String) {
        if let before = answers[request], before != stopID {
            breaks(.requestsRepeat, "request \(request) was answered with \(before), then \(stopID)")
        }
        answers[request] = stopID
        if known[stopID] == nil {
            breaks(.acceptedIsNeverLost, "request \(request) was answered with stop \(stopID), which was never written")
        }
    }

    mutating func wroteAtDestination(_ task: String, epoch: UInt64) {
        seen.insert("destination write")
        if let fence = fences[task], epoch <= fence {
            breaks(.nobodyWritesAfterTheFence, "\(task): a worker of epoch \(epoch) wrote behind the fence \(fence)")
        }
        if let state = last[task], state.record.status.isFinal {
            breaks(.stoppedIsFinal, "\(task): a worker of epoch \(epoch) wrote after the stop")
        }
    }

    // MARK: - Durable writes

    /// A task was made, before anything else.
    mutating func created(_ state: TaskState) { last[state.record.id] = state }

    /// A write became durable.
    mutating func wrote(
        _ state: TaskState, _ transition: TaskTransition, after before: TaskState, _ ends: SimulatedEnds
    ) {
        let task = state.record.id
        let action = transition.action
        seen.insert(action)
        seen.insert(state.record.status.name)
        let previous = last[task] ?? before
        last[task] = state
        batchesFollow(state)
        checkRecord(state.record, previous.record, action)
        if let stop = state.stop {
            note(stop, ends)
            checkStop(state, stop, previous, action)
            checkDrain(stop, previous.stop, ends, action)
        } else if let stop = previous.stop {
            breaks(.acceptedIsNeverLost, "\(task): \(action) lost stop \(stop.id)")
        }
        if !state.record.status.isFinal, TaskWork(for: state.record) == .none,
            !Legality.availability(for: state).contains(where: \.available)
        {
            breaks(.noDeadEnds, "\(task) is \(state.record.status), and nobody can do anything")
        }
    }

    private mutating func note(_ stop: Stop, _ ends: SimulatedEnds) {
        let isNew = known[stop.id] == nil
        if isNew {
            known[stop.id] = Known(task: stop.taskId)
            order.append(stop.id)
        }
        if isNew || stop.phase == .accepted {
            known[stop.id]?.sourceAtAcceptance = ends.transactions.count
            known[stop.id]?.appliedAtAcceptance = ends.applied
        }
        for (holds, what) in [
            (stop.drained, "drained"), (stop.escalated, "escalated"), (stop.deadlinePassed, "deadline"),
            (stop.completes, "completes"), (stop.phase == .waiting, "waiting"), (stop.phase == .withdrawn, "withdrawn"),
            (stop.drained && stop.drainTo?.point == .time, "drained to a time"),
            (stop.drained && stop.drainTo?.point == .gtid, "drained to a GTID"),
            (!stop.residue.isEmpty, "residue finished"),
        ] where holds { seen.insert(what) }
        if stop.phases.count > Stop.maxPhaseRecords {
            breaks(.recordsAreBounded, "\(stop.id) has \(stop.phases.count) phase records")
        }
    }

    private mutating func checkRecord(_ record: TaskRecord, _ before: TaskRecord, _ action: String) {
        if record.epoch < before.epoch {
            breaks(.epochNeverGoesBack, "\(record.id): \(before.epoch) -> \(record.epoch) by \(action)")
        }
        if before.status.isFinal, record.status != before.status {
            breaks(.stoppedIsFinal, "\(record.id): \(before.status) -> \(record.status) by \(action)")
        }
    }

    private mutating func checkStop(_ state: TaskState, _ stop: Stop, _ before: TaskState, _ action: String) {
        let task = state.record.id
        let status = state.record.status
        if state.record.stopId != stop.id {
            breaks(
                .oneStopWins, "\(task): the record names \(state.record.stopId), the stop is \(stop.id) by \(action)")
        }
        if let old = before.stop {
            if old.id != stop.id, old.phase != .withdrawn {
                breaks(.oneStopWins, "\(task): stop \(old.id) in \(old.phase) gave way to \(stop.id) by \(action)")
            }
            if old.id == stop.id, old.phase == .withdrawn, stop.phase != .withdrawn {
                breaks(.withdrawnRunsOn, "\(task): stop \(stop.id) came back as \(stop.phase) by \(action)")
            }
        }
        let stopping: Set<TaskStatus> = [.stopping, .stopFailed, .stopped, .completed]
        switch stop.phase {
        case .withdrawn:
            if before.stop?.phase != .withdrawn || before.stop?.id != stop.id { checkWithdrawal(state, before, action) }
        case .waiting:
            if status != .faultRectification {
                breaks(.acceptedIsNeverLost, "\(task): stop \(stop.id) waits in \(status) by \(action)")
            }
        default:
            if !stopping.contains(status) {
                breaks(.acceptedIsNeverLost, "\(task): stop \(stop.id) was accepted, but \(action) led to \(status)")
            }
        }
        checkEnding(state, stop, before, action)
    }

    /// Each ending is in the audit log once.
    private mutating func checkEnding(_ state: TaskState, _ stop: Stop, _ before: TaskState, _ action: String) {
        let ended = state.record.status.isFinal && !before.record.status.isFinal
        let withdrawn = stop.phase == .withdrawn && (before.stop?.phase != .withdrawn || before.stop?.id != stop.id)
        let isResidue = action == "residue.finished"
        if ended { sealed.append((stop.id, .stopped)) }
        if withdrawn { sealed.append((stop.id, .withdrawn)) }
        if isResidue { sealed.append((stop.id, .residueFinished)) }
        if ended, stop.fenceEpoch > 0 { fences[state.record.id] = stop.fenceEpoch }
    }

    /// The task is where it was when the stop came, and its work goes on.
    private mutating func checkWithdrawal(_ state: TaskState, _ before: TaskState, _ action: String) {
        guard let stop = state.stop else { return }
        let wanted: TaskStatus =
            before.stop?.phase == .waiting
            ? state.record.status : stop.statusBefore == .paused ? .paused : .incrementalMigration
        let isOwed = wanted == .incrementalMigration && TaskWork(for: state.record) != .replicate
        if state.record.status != wanted || isOwed || [.stopping, .stopFailed].contains(wanted) {
            breaks(
                .withdrawnRunsOn,
                "\(state.record.id): \(action) led to \(state.record.status), the stop came in \(stop.statusBefore)")
        }
    }

    // MARK: - At the end

    /// Everything has worked for long enough.
    mutating func settled(_ state: TaskState, _ ends: SimulatedEnds) {
        let record = state.record
        guard let stop = state.stop else { return }
        switch stop.phase {
        case .stopped: seen.insert("settled stopped")
        case .withdrawn:
            let isBehind = record.status == .incrementalMigration && ends.applied < ends.transactions.count
            let isStuck = [.faultRectification, .stopping, .starting].contains(record.status)
            if isBehind || isStuck {
                breaks(
                    .withdrawnRunsOn,
                    "\(record.id) is \(record.status) with \(ends.applied) of \(ends.transactions.count) transactions")
            }
        default:
            breaks(.everyStopEnds, "\(record.id) is still \(record.status), its stop \(stop.phase)")
        }
    }

    mutating func checkStops(of store: InMemoryTaskStore) async throws {
        for id in order {
            let stop = try await store.stop(id: id)
            let kinds = try await store.receipts(stopID: id).map(\.kind)
            switch stop?.phase {
            case .stopped where kinds.first == .stopped && kinds.dropFirst().allSatisfy { $0 == .residueFinished }:
                break
            case .withdrawn where kinds == [.withdrawn]: break
            default:
                breaks(
                    .acceptedIsNeverLost, "stop \(id) is \(stop?.phase.name ?? "gone"), its receipts \(kinds)")
            }
        }
        for (task, ids) in Dictionary(grouping: order, by: { known[$0]?.task ?? "" }) {
            let winners = sealed.filter { $0.kind == .stopped && ids.contains($0.stopID) }
            if winners.count > 1 { breaks(.oneStopWins, "\(task) was stopped by \(winners.map(\.stopID))") }
        }
    }

    /// The chain as whoever keeps only the first hash and the head verifies it.
    mutating func checkAudit(of store: InMemoryTaskStore) async throws {
        let records = try await store.audit(after: 0, limit: 1_000)
        var previous = [UInt8](repeating: 0, count: 32)
        for (index, record) in records.enumerated() {
            var bare = record
            bare.hash = []
            if record.sequence != UInt64(index + 1) || record.previousHash != previous
                || record.hash != InMemoryAuditSeal.weak.hash(bare)
            {
                breaks(.auditVerifies, "record \(record.sequence) does not follow the one before it")
            }
            previous = record.hash
        }
        let head = try await store.auditHead()
        if head.sequence != UInt64(records.count) || (head.sequence > 0 && head.hash != previous) {
            breaks(.auditVerifies, "the head is \(head.sequence), the last record \(records.count)")
        }
        if records.map(\.kind) != sealed.map(\.kind) {
            breaks(.auditVerifies, "the log has \(records.map(\.kind)), but what ended was \(sealed.map(\.kind))")
        }
    }
}
