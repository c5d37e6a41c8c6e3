import CutoverModel
import CutoverTasks

/// Clients and the server's answers to them. An answer may be lost; then, or out of impatience, the call is sent again.
extension StopSimulation {
    mutating func clientSends(stops: Bool) async throws {
        let task = anyTask()
        let call: Call
        if random.oneIn(3), let again = sent.suffix(12).randomElement(using: &random) {
            call = again
        } else if stops {
            call = Call(task: task, requestID: freshID("r"), kind: stopKind(task))
        } else {
            call = Call(task: task, requestID: freshID("r"), kind: .order(anyOrder()))
        }
        try await take(call)
    }

    /// The server takes a call in: it looks for the request, and reads the task.
    private mutating func take(_ call: Call) async throws {
        sent.append(call)
        guard let state = try await store.state(of: call.task) else { return }
        intents.append(Intent(call: call, snapshot: state, stopID: freshID("s")))
    }

    private mutating func anyOrder() -> TaskOrder {
        let startAtMs = random.oneIn(3) ? nowMs + 100 : 0
        let orders: [TaskOrder] = [
            .configure(kind: random.oneIn(4) ? .fullOnly : .fullAndIncremental, startAtMs: startAtMs),
            .start, .start, .start, .pause, .resume, .resume,
        ]
        return orders[Int.random(in: 0..<orders.count, using: &random)]
    }

    private mutating func stopKind(_ task: String) -> Call.Kind {
        switch Int.random(in: 0..<10, using: &random) {
        case 0..<3:
            let known = history.stops(of: task).randomElement(using: &random)
            return .cancel(stopID: random.oneIn(2) ? known ?? "" : "")
        case 3: return .finishResidue
        default: return .stop(stopOrder(task))
        }
    }

    private mutating func stopOrder(_ task: String) -> StopOrder {
        let modes: [StopMode] = [.auto, .auto, .graceful, .graceful, .forced]
        let policies: [OnDeadline] = [.unspecified, .keepRunning, .stopUndrained, .force]
        var order = StopOrder(
            stopID: "", reason: random.oneIn(4) ? "" : "because",
            mode: modes[Int.random(in: 0..<modes.count, using: &random)], requireAllObjects: random.oneIn(3),
            drainDeadlineMs: random.oneIn(3) ? 0 : 500,
            onDeadline: policies[Int.random(in: 0..<policies.count, using: &random)],
            whenIllegal: random.oneIn(3) ? .wait : .refuse,
            abnormality: random.oneIn(6) ? "the source is unreachable" : nil)
        order.drainTo = drainTarget(task)
        if order.drainTo?.isOpenEnded == true { order.drainDeadlineMs = 500 }
        if random.oneIn(2) { order.appliedPosition = saved[task].flatMap { ends[task]?.position($0).description } }
        return order
    }

    /// A point in the past, in the present, or one that the source may never come to.
    private mutating func drainTarget(_ task: String) -> DrainTarget? {
        guard let end = ends[task] else { return nil }
        switch Int.random(in: 0..<8, using: &random) {
        case 0: return DrainTarget(point: .current)
        case 1: return DrainTarget(point: .applied)
        case 2:
            let count = Int.random(in: end.applied...end.transactions.count, using: &random)
            return DrainTarget(point: .gtid, gtid: end.position(count).description)
        case 3:
            var ahead = end.sourcePosition
            let sequence = (ahead.elements[0]?.sequence ?? 0) + UInt64.random(in: 1...3, using: &random)
            ahead.advance(domain: 0, to: GTIDPosition.Element(serverID: 1, sequence: sequence))
            return DrainTarget(point: .gtid, gtid: ahead.description)
        case 4:
            let second = end.second + Int64.random(in: -2...2, using: &random)
            return DrainTarget(point: .time, timeMs: second * 1_000 + 999)
        default: return nil
        }
    }

    // MARK: - Answers

    mutating func serverAnswers() async throws {
        guard !intents.isEmpty else { return }
        let intent = intents.remove(at: Int.random(in: 0..<intents.count, using: &random))
        try mayCrash()
        try await answer(intent)
    }

    /// Several calls in one durable write; each stands or falls by itself.
    mutating func serverAnswersGroup() async throws {
        let group = intents.filter { if case .stop = $0.call.kind { true } else { false } }
        guard group.count > 1 else { return }
        intents.removeAll { if case .stop = $0.call.kind { true } else { false } }
        try mayCrash()
        var attempts: [(intent: Intent, transition: TaskTransition)] = []
        var rest: [Intent] = []
        for intent in group {
            let isAlone = !attempts.contains { $0.intent.call.requestID == intent.call.requestID }
            if isAlone, case .write(let transition) = try await decide(intent, intent.snapshot) {
                attempts.append((intent, transition))
            } else {
                rest.append(intent)
            }
        }
        if !attempts.isEmpty {
            let writes = attempts.map { write($0.transition, before: $0.intent.snapshot, request: memo($0.intent)) }
            let outcomes = try await store.apply(writes.map { withRevision($0) })
            for ((intent, transition), outcome) in zip(attempts, outcomes) {
                guard case .applied(let revision, _) = outcome else {
                    rest.append(intent)
                    continue
                }
                let written = took(transition, revision, before: intent.snapshot)
                answered(intent, written.record.stopId)
            }
            try mayCrash()
        }
        for intent in rest { try await answer(intent) }
    }

    func withRevision(_ write: TaskWrite) -> TaskWrite {
        var write = write
        // A planted bug that does not compare: whatever revision the snapshot had is passed for the present one.
        if write.expectedRevision == 0 { write.expectedRevision = write.record.revision }
        return write
    }

    private func memo(_ intent: Intent) -> RequestMemo {
        RequestMemo(id: intent.call.requestID, fingerprint: [], taskID: intent.call.task)
    }

    /// Decides on what was read, writes, and decides anew when somebody was first.
    mutating func answer(_ intent: Intent) async throws {
        var state = intent.snapshot
        while true {
            let transition: TaskTransition
            switch try await decide(intent, state) {
            case .replay(let stopID): return answered(intent, stopID)
            case .refuse: return
            case .tell: return answered(intent, state.record.stopId)
            case .write(let decided): transition = decided
            }
            var write = write(transition, before: state, request: memo(intent))
            if write.expectedRevision == 0 {
                write.expectedRevision = try await store.state(of: intent.call.task)?.record.revision ?? 0
            }
            switch try await store.apply([write]).first {
            case .applied(let revision, _)?:
                let written = took(transition, revision, before: state)
                try mayCrash()
                return answered(intent, written.record.stopId)
            case .lost(let current?)?: state = current
            case .requestKnown, .lost(nil)?, nil: return
            }
        }
    }

    enum Decision {
        case write(TaskTransition)
        /// The request was answered before, with this stop.
        case replay(String)
        /// Nothing to write.
        case tell
        case refuse
    }

    private func decide(_ intent: Intent, _ state: TaskState) async throws -> Decision {
        if core.remembersRequests, let known = try await store.request(id: intent.call.requestID) {
            return .replay(known.stopID)
        }
        do {
            switch intent.call.kind {
            case .order(let order): return .write(try core.order(order, state, nowMs))
            case .finishResidue:
                let open = state.stop?.openResidue ?? []
                let outcomes = open.enumerated().map { index, object in
                    var outcome = object
                    outcome.result = (index + lastID) % 3 == 0 ? .failed : .created
                    return outcome
                }
                return .write(try core.finishResidue(outcomes, state, nowMs))
            case .cancel(let stopID):
                switch try core.cancel(stopID, state, nowMs) {
                case .withdrawn(let transition): return .write(transition)
                case .alreadyWithdrawn: return unchanged(state)
                }
            case .stop(var order):
                order.stopID = intent.stopID
                order.requestID = intent.call.requestID
                switch try core.decide(order, state, nowMs) {
                case .accepted(let transition): return .write(transition)
                case .inProgress: return unchanged(state)
                case .alreadyEnded: return .tell
                }
            }
        } catch is Refusal {
            return .refuse
        }
    }

    private func unchanged(_ state: TaskState) -> Decision {
        core.remembersAnswers ? .write(StopMachine.acknowledge(state)) : .tell
    }

    /// The answer goes out; it may be lost, and the client knows nothing then.
    private mutating func answered(_ intent: Intent, _ stopID: String) {
        if !calm, random.oneIn(5) { return }
        switch intent.call.kind {
        case .stop, .cancel: history.answered(stopID, request: intent.call.requestID, task: intent.call.task)
        case .order, .finishResidue: break
        }
    }
}

extension DrainTarget {
    /// The source may never come to it.
    fileprivate var isOpenEnded: Bool { point == .gtid }
}
