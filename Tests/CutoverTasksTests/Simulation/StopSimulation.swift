import CutoverModel
import CutoverTasks

/// One seeded schedule: clients, a server's runners, the ends of each task, crashes and a clock that jumps, one small step at a
/// time in one thread, over the pure core and a store in memory.
struct StopSimulation {
    /// A client or runner between its read and its write, so that others come in between.
    struct Intent {
        var taskID: String
        var snapshot: TaskState
        var request: RequestMemo?
        var decide: @Sendable (TaskState, Int64) throws -> TaskTransition?
    }

    /// What a runner holds in memory while it works; lost in a crash, or left behind as a zombie.
    struct Worker {
        var epoch: UInt64
        var claimed = false
        var snapshot: TaskState
        /// What its counters say; after a crash begun from what was saved last.
        var applied: UInt64 = 0
    }

    static let tasks = ["t0", "t1"]
    static let steps = 240

    let core: SimulatedCore
    let store = InMemoryTaskStore()
    var random: SplitMix64
    var history = StopHistory()
    var nowMs: Int64 = 1_000
    var ends: [String: SimulatedEnds] = [:]
    var workers: [String: Worker] = [:]
    var zombies: [(task: String, worker: Worker)] = []
    /// Orders under way.
    var clients: [Intent] = []
    /// Stop orders that may be sent again, as they were.
    var sent: [(order: StopOrder, task: String)] = []
    var savedApplied: [String: UInt64] = [:]
    var crashed: Set<String> = []
    var calm = false

    init(seed: UInt64, core: SimulatedCore = SimulatedCore()) {
        self.core = core
        random = SplitMix64(seed: seed)
    }

    /// - Returns: what was promised and seen.
    mutating func run() async throws -> StopHistory {
        for task in Self.tasks {
            let created = TaskMachine.create(id: task, name: task, labels: [], nowMs: nowMs)
            _ = try await store.apply([write(created, before: nil)])
            ends[task] = SimulatedEnds()
        }
        for number in 0..<Self.steps { try await step(number) }
        try await settle()
        return history
    }

    private mutating func step(_ number: Int) async throws {
        let task = Self.tasks[Int.random(in: 0..<Self.tasks.count, using: &random)]
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<50: try await runnerStep(task)
        // Stops grow likelier, so that tasks get somewhere before they end.
        case 50..<68: try await clientBegins(task, stops: Int.random(in: 0..<Self.steps, using: &random) < number / 3)
        case 68..<82: try await clientEnds()
        case 82..<90: changeEnds(task)
        case 90..<93: crash(task)
        case 93..<96: try await zombieActs()
        default: jumpClock()
        }
    }

    private mutating func jumpClock() {
        nowMs = max(0, nowMs + (random.oneIn(4) ? -Int64.random(in: 0...5_000, using: &random) : 50))
    }

    private mutating func changeEnds(_ task: String) {
        guard var end = ends[task] else { return }
        end.sourceSequence += UInt64.random(in: 0...3, using: &random)
        end.isSourceUp = !random.oneIn(4)
        end.isDestinationUp = !random.oneIn(4)
        ends[task] = end
    }

    /// The server dies: what its runners knew is gone; a worker may live on as a zombie with what it had in hand.
    private mutating func crash(_ task: String) {
        guard let worker = workers.removeValue(forKey: task) else { return }
        crashed.insert(task)
        if random.oneIn(2) { zombies.append((task, worker)) }
    }

    /// A worker of an earlier process writes rows, or reports what it had in hand.
    private mutating func zombieActs() async throws {
        guard let (task, worker) = zombies.randomElement(using: &random) else { return }
        let status = try await store.state(of: task)?.record.status
        let wrote = ends[task]?.write(epoch: worker.epoch) {
            $0.appliedSequence = min($0.appliedSequence + 1, $0.sourceSequence)
        }
        if wrote == true, status?.isFinal == true {
            history.breaks(.stoppedIsFinal, "\(task): a worker of epoch \(worker.epoch) wrote after the stop")
        }
        if let stop = worker.snapshot.stop {
            try await report(.drainEnded(counters(worker.applied), reached: stop.requestedPosition), stop, task)
        }
        try await report(.copyEnded, epoch: worker.epoch, task)
        try await report(.workerFailed(TaskFailure(code: "X", retriable: true)), epoch: worker.epoch, task)
    }

    /// Everything works again and every stop is ordered once more: then every accepted stop must end.
    private mutating func settle() async throws {
        calm = true
        while !clients.isEmpty { try await clientEnds() }
        for round in 0..<200 {
            nowMs += 200
            for task in Self.tasks {
                ends[task]?.isSourceUp = true
                ends[task]?.isDestinationUp = true
                try await runnerStep(task)
                guard let state = try await store.state(of: task), state.record.status == .stopFailed else { continue }
                let order = StopOrder(stopID: "again-\(round)", requestID: "again-\(task)-\(round)", reason: "settle")
                try await clientWrites(stopIntent(order, task, state))
            }
        }
        for task in Self.tasks where history.accepted[task] != nil {
            guard let state = try await store.state(of: task) else { continue }
            if !state.record.status.isFinal {
                history.breaks(
                    .everyStopEnds, "\(task) is still \(state.record.status), \(state.stop?.phase.name ?? "")")
            }
            let receipt = try await store.receipts(stopID: state.record.stopId).first
            if receipt?.stop != state.stop {
                history.breaks(.acceptedIsNeverLost, "\(task) has no receipt of its stop")
            }
        }
    }

    // MARK: - Clients

    private mutating func clientBegins(_ task: String, stops: Bool) async throws {
        guard let state = try await store.state(of: task) else { return }
        if stops {
            let order = stopOrder(task)
            clients.append(stopIntent(order, task, state))
            return
        }
        let orders: [TaskOrder] = [
            .configure(
                kind: random.oneIn(4) ? .fullOnly : .fullAndIncremental, startAtMs: random.oneIn(3) ? nowMs + 100 : 0),
            .start, .start, .start, .pause, .resume, .resume,
        ]
        let order = orders[Int.random(in: 0..<orders.count, using: &random)]
        clients.append(Intent(taskID: task, snapshot: state) { [core] in try core.order(order, $0, $1) })
    }

    /// A new stop, or one that was sent before: its answer was lost, or the client is impatient.
    private mutating func stopOrder(_ task: String) -> StopOrder {
        if random.oneIn(3), let again = sent.filter({ $0.task == task }).randomElement(using: &random) {
            var order = again.order
            order.stopID = "s\(random.next())"
            return order
        }
        let modes: [StopMode] = [.auto, .auto, .graceful, .forced]
        let order = StopOrder(
            stopID: "s\(random.next())", requestID: "r\(random.next())", reason: random.oneIn(3) ? "" : "because",
            mode: modes[Int.random(in: 0..<modes.count, using: &random)], requireAllObjects: random.oneIn(3),
            abnormality: random.oneIn(5) ? "the source is unreachable" : nil)
        sent.append((order, task))
        return order
    }

    private func stopIntent(_ order: StopOrder, _ task: String, _ state: TaskState) -> Intent {
        let memo = RequestMemo(id: order.requestID, fingerprint: [], taskID: task, stopID: order.stopID)
        return Intent(taskID: task, snapshot: state, request: memo) { [core] state, nowMs in
            guard case .accepted(let transition) = try core.decide(order, state, nowMs) else { return nil }
            return transition
        }
    }

    private mutating func clientEnds() async throws {
        guard !clients.isEmpty else { return }
        try await clientWrites(clients.remove(at: Int.random(in: 0..<clients.count, using: &random)))
    }

    /// A refused order is answered with its refusal: nothing was promised.
    private mutating func clientWrites(_ intent: Intent) async throws {
        do { _ = try await carryOut(intent) } catch is Refusal {}
    }

    // MARK: - Writes

    private func write(_ transition: TaskTransition, before: TaskState?, request: RequestMemo? = nil) -> TaskWrite {
        var memo = core.remembersRequests ? request : nil
        if memo != nil, let stop = transition.state.stop { memo?.stopID = stop.id }
        return TaskWrite(
            record: transition.state.record,
            expectedRevision: before.map { core.expectedRevision($0.record.revision) } ?? 0,
            from: before?.record.status ?? .unspecified, actor: "sim", action: transition.action, atMs: nowMs,
            stop: transition.state.stop, request: memo, seals: transition.seals)
    }

    /// Decides on what was read, writes, and decides anew when somebody was first.
    mutating func carryOut(_ intent: Intent) async throws -> TaskState? {
        var state = intent.snapshot
        if core.remembersRequests, let request = intent.request, let known = try await store.request(id: request.id) {
            history.answered(known.stopID, request: request.id, task: intent.taskID)
            return nil
        }
        while true {
            guard let transition = try intent.decide(state, nowMs) else { return nil }
            var write = write(transition, before: state, request: intent.request)
            if write.expectedRevision == 0 {
                write.expectedRevision = try await store.state(of: intent.taskID)?.record.revision ?? 0
            }
            switch try await store.apply([write]).first {
            case .applied(let revision, _)?:
                var written = transition.state
                written.record.revision = revision
                history.wrote(written, action: transition.action, ends: ends[intent.taskID] ?? SimulatedEnds())
                if let request = intent.request, let stop = written.stop {
                    history.answered(stop.id, request: request.id, task: intent.taskID)
                }
                return written
            case .lost(let current?)?: state = current
            case .requestKnown(let known)?:
                history.answered(known.stopID, request: known.id, task: intent.taskID)
                return nil
            case .lost(nil)?, nil: return nil
            }
        }
    }

    @discardableResult
    mutating func report(_ report: WorkerReport, epoch: UInt64, _ task: String) async throws -> TaskState? {
        guard let state = try await store.state(of: task) else { return nil }
        return try await carryOut(
            Intent(taskID: task, snapshot: state) { [core] in core.report(report, epoch, $0, $1) })
    }

    @discardableResult
    mutating func report(_ step: StopStep, _ stop: Stop, _ task: String) async throws -> TaskState? {
        guard let state = try await store.state(of: task) else { return nil }
        return try await carryOut(Intent(taskID: task, snapshot: state) { [core] in core.step(step, stop, $0, $1) })
    }

    func counters(_ applied: UInt64) -> StopCounters {
        .at(applied: applied == 0 ? "" : SimulatedEnds.position(applied))
    }
}
