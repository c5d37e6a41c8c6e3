import CutoverModel
import CutoverTasks

/// Every state that a task can come to, breadth first, by every order, report and step, in a world with one clock tick.
///
/// States that differ only in what no rule looks at (times, texts, counters, attempts folded away) are taken as one.
struct TaskExploration: Sendable {
    /// Who brings a transition about.
    enum Mover: Hashable { case client, server }

    struct Edge: Hashable {
        var mover: Mover
        var input: String
        /// Nil when the task was deleted.
        var target: Int?
    }

    static let nowMs: Int64 = 1
    static let policy = RepairPolicy(maxAttempts: 2, firstDelayMs: 10, maxDelayMs: 10)

    private(set) var states: [TaskState] = []
    private(set) var edges: [[Edge]] = []
    private var indices: [TaskState: Int] = [:]

    /// - Parameter onTransition: called with each transition before it is reduced.
    init(onTransition: @escaping (TaskState, String, TaskTransition) -> Void = { _, _, _ in }) {
        _ = index(TaskMachine.create(id: "t", name: "t", labels: [], nowMs: Self.nowMs).state)
        var next = 0
        while next < states.count {
            let state = states[next]
            edges[next] = Self.moves(from: state).map { move in
                onTransition(state, move.input, move.transition)
                let target = move.transition.action == "delete" ? nil : index(move.transition.state)
                return Edge(mover: move.mover, input: move.input, target: target)
            }
            next += 1
        }
    }

    private mutating func index(_ state: TaskState) -> Int {
        let reduced = state.reduced
        if let known = indices[reduced] { return known }
        indices[reduced] = states.count
        states.append(reduced)
        edges.append([])
        return states.count - 1
    }

    // MARK: - Moves

    private static func moves(from state: TaskState) -> [(mover: Mover, input: String, transition: TaskTransition)] {
        var moves: [(Mover, String, TaskTransition)] = []
        for order in orders {
            guard let transition = try? TaskMachine.apply(order, to: state, nowMs: nowMs) else { continue }
            moves.append((.client, "\(order)", transition))
        }
        for (index, order) in stopOrders.enumerated() {
            guard case .accepted(let transition)? = try? StopMachine.decide(order, for: state, nowMs: nowMs) else {
                continue
            }
            moves.append((.client, "stop \(index)", transition))
        }
        if case .withdrawn(let transition)? = try? StopMachine.cancel(state, actor: "", reason: "", nowMs: nowMs) {
            moves.append((.client, "cancel", transition))
        }
        for outcome in [object(.event, .created), object(.event, .failed)] {
            let transition = try? StopMachine.finishResidue([outcome], of: state, actor: "", reason: "", nowMs: nowMs)
            if let transition { moves.append((.client, "finishResidue \(outcome.result)", transition)) }
        }
        for report in reports {
            let transition = TaskMachine.apply(
                report, epoch: state.record.epoch, to: state, policy: policy, nowMs: nowMs)
            if let transition { moves.append((.server, "\(report)", transition)) }
        }
        guard let stop = state.stop else { return moves }
        for step in steps(state) {
            let transition = StopMachine.apply(
                step, stopID: stop.id, mode: stop.modeTaken, to: state, nowMs: nowMs)
            if let transition { moves.append((.server, "\(step)", transition)) }
        }
        return moves
    }

    private static let orders: [TaskOrder] = [
        .configure(kind: .fullAndIncremental, startAtMs: 0), .configure(kind: .fullOnly, startAtMs: 0), .start, .pause,
        .resume, .delete,
    ]

    static let stopOrders = [
        StopOrder(stopID: "s", mode: .auto), StopOrder(stopID: "s", mode: .graceful),
        StopOrder(stopID: "s", reason: "x", mode: .forced),
        StopOrder(stopID: "s", mode: .auto, abnormality: "the source is unreachable"),
        StopOrder(
            stopID: "s", mode: .graceful, requireAllObjects: true, drainDeadlineMs: 5,
            drainTo: DrainTarget(point: .gtid, gtid: "0-1-9"), onDeadline: .stopUndrained),
        StopOrder(
            stopID: "s", reason: "x", mode: .graceful, drainDeadlineMs: 5,
            drainTo: DrainTarget(point: .time, timeMs: 7),
            onDeadline: .force),
        StopOrder(stopID: "s", mode: .auto, whenIllegal: .wait),
        StopOrder(stopID: "s", mode: .graceful, whenIllegal: .wait),
        StopOrder(stopID: "s", reason: "x", mode: .forced, whenIllegal: .wait),
    ]

    private static let reports: [WorkerReport] = [
        .created, .createFailed(TaskFailure(code: "X")), .preCheckEnded(failed: false), .preCheckEnded(failed: true),
        .workerStarting, .claimed(.empty), .claimed(.copying), .claimed(.following(position: "0-1-1")), .copyEnded,
        .healthy, .workerFailed(TaskFailure(code: "LOST", retriable: true)), .workerFailed(TaskFailure(code: "BAD")),
    ]

    private static func steps(_ state: TaskState) -> [StopStep] {
        let residue = ObjectInventory(atMs: 1, objects: [object(.event, .leftBehind)])
        let short = StopCounters.at(applied: "0-1-8")
        let whole = StopCounters.at(applied: "0-1-9")
        return [
            .drainBegan(requestedPosition: "0-1-9", objectsKnownAtMs: 1), .drainEnded(whole, reached: "0-1-9"),
            .drainEnded(short, reached: "0-1-9"), .deadlinePassed(nil, blocker: ""),
            .deadlinePassed(short, blocker: "b"),
            .deadlinePassed(whole, blocker: "b"), .unfeasible(TaskFailure(code: "PRIVILEGE_MISSING")),
            .triggersMoved([object(.trigger, .created)]), .triggersMoved([object(.trigger, .failed)]),
            .eventsMoved([object(.event, .created)]), .eventsMoved([object(.event, .failed)]),
            .released(StopRelease(fenceEpoch: state.record.epoch + 1, residue: residue), whole),
            .released(StopRelease(residue: residue), nil), .blocked("b", attempts: 3), .failed(TaskFailure(code: "X")),
        ]
    }

    private static func object(_ kind: ObjectKind, _ result: ObjectResult) -> ObjectOutcome {
        ObjectOutcome(kind: kind, database: "d", name: "o", result: result)
    }

    // MARK: - Reaching

    /// The states from which one of `goals` can be reached; a deleted task counts when `deletionCounts`.
    func reaching(
        _ goals: (TaskState) -> Bool, by movers: Set<Mover>, deletionCounts: Bool = false
    ) -> [Bool] {
        var sources: [[Int]] = Array(repeating: [], count: states.count)
        var reaches = states.map(goals)
        for (source, outgoing) in edges.enumerated() {
            for edge in outgoing where movers.contains(edge.mover) {
                if let target = edge.target {
                    sources[target].append(source)
                } else if deletionCounts {
                    reaches[source] = true
                }
            }
        }
        var queue = reaches.indices.filter { reaches[$0] }
        while let state = queue.popLast() {
            for source in sources[state] where !reaches[source] {
                reaches[source] = true
                queue.append(source)
            }
        }
        return reaches
    }
}

extension TaskState {
    /// Without what no rule looks at.
    fileprivate var reduced: TaskState {
        var state = self
        state.record.revision = 0
        state.record.epoch = min(record.epoch, 1)
        state.record.startedAtMs = 0
        state.record.failure = nil
        state.record.updatedAtMs = 0
        state.stop = stop?.reduced
        if record.status != .faultRectification { state.record.previousStatus = .unspecified }
        let isDraining = state.stop.map { $0.modeTaken == .graceful && $0.isBeforeNoReturn } ?? false
        if record.status.isFinal || [.stopping, .stopFailed].contains(record.status) && !isDraining {
            // There is no way back to where these would matter.
            state.record.repairAttempts = 0
            state.record.abnormalSinceMs = 0
            state.record.kind = .unspecified
            state.record.configurationFailed = false
        }
        return state
    }
}

extension Stop {
    fileprivate var reduced: Stop {
        if phase == .withdrawn { return Stop(id: id, phase: .withdrawn, phases: [PhaseRecord(phase: .withdrawn)]) }
        if phase == .stopped {
            let phases = [PhaseRecord(phase: .stopped)]
            return Stop(id: id, phase: .stopped, phases: phases, objects: openResidue)
        }
        var stop = self
        stop.phases = Self.folded(phases.filter { $0.phase != .waiting || phase == .waiting })
        stop.blocker = ""
        stop.attempts = 0
        stop.failure = nil
        stop.modeReason = ""
        stop.reason = ""
        stop.actor = ""
        stop.objects = objects.filter { $0.result == .leftBehind }
        stop.receivedPosition = ""
        stop.objectsKnownAtMs = 0
        stop.acceptedAtMs = 0
        stop.drainDeadlineMs = 0
        stop.drainDeadlineAtMs = 0
        if phase != .waiting {
            stop.modeAsked = .auto
            stop.escalated = false
            if statusBefore != .paused || !isBeforeNoReturn { stop.statusBefore = .incrementalMigration }
        } else {
            stop.statusBefore = .unspecified
            stop.copyComplete = false
        }
        if !isBeforeNoReturn, drained || modeTaken == .forced {
            stop.drainTo = nil
            stop.onDeadline = .unspecified
        }
        return stop
    }

    /// Each phase at its last attempt.
    private static func folded(_ phases: [PhaseRecord]) -> [PhaseRecord] {
        var kept: [StopPhase] = []
        for record in phases {
            if record.phase != .failed, let earlier = kept.firstIndex(of: record.phase) {
                kept.removeSubrange(earlier...)
            }
            kept.append(record.phase)
        }
        return kept.map { PhaseRecord(phase: $0) }
    }
}
