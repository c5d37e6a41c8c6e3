import CutoverModel
import CutoverTasks
import Testing

/// No order of events leads a task to where nobody can do anything, or to what no row of the table describes.
@Suite struct TaskExplorationTests {
    static let whole = TaskExploration()

    @Test func everyReachableStateIsARowOfTheTableAndEveryRowIsReached() {
        var reached: Set<String> = []
        for state in Self.whole.states {
            reached.insert(state.row)
            guard let cells = LegalityTests.cells(of: state) else {
                Issue.record("no row for \(state.row)")
                continue
            }
            for (action, cell) in cells {
                let answer = Legality.refusal(of: action, for: state)?.reason.rawValue ?? "ok"
                #expect(answer == cell, "\(state.row), \(action): \(state)")
            }
        }
        let artificial: Set = ["UNSPECIFIED", "99"]
        for row in LegalityTests.rows where !artificial.contains(row.name) {
            #expect(reached.contains(row.name), "nothing leads to \(row.name)")
        }
    }

    @Test func thereAreNoDeadEnds() {
        let exploration = Self.whole
        let ends = exploration.reaching(\.record.status.isFinal, by: [.client, .server], deletionCounts: true)
        for (index, state) in exploration.states.enumerated() {
            #expect(ends[index], "no way to an end from \(state)")
            guard !state.record.status.isFinal else { continue }
            let isLegal = Legality.availability(for: state).contains(where: \.available)
            let isServed = exploration.edges[index].contains { $0.mover == .server }
            #expect(isLegal || (state.record.repairRunning && isServed), "nothing may be ordered at \(state)")
        }
    }

    /// Whatever happens, an accepted stop ends, fails so that it can be taken up again, or is withdrawn, by the server alone.
    @Test func theServerBringsEveryStopToAnEnd() {
        let exploration = Self.whole
        let ends = exploration.reaching(
            { state in
                state.record.status.isFinal || state.record.status == .stopFailed || state.stop?.phase == .withdrawn
            }, by: [.server])
        for (index, state) in exploration.states.enumerated() {
            let isOwed = state.record.status == .stopping || state.stop?.phase == .waiting
            #expect(!isOwed || ends[index], "the stop cannot end: \(state)")
        }
        let forGood = exploration.reaching(\.record.status.isFinal, by: [.client, .server])
        for (index, state) in exploration.states.enumerated() where state.record.status == .stopFailed {
            #expect(forGood[index], "the failed stop cannot be ended: \(state)")
        }
    }

    @Test func whatHasEndedStaysSo() {
        let exploration = Self.whole
        for (index, state) in exploration.states.enumerated() where state.record.status.isFinal {
            for edge in exploration.edges[index] {
                let target = edge.target.map { exploration.states[$0] }
                let finishes = edge.input.hasPrefix("finishResidue")
                #expect(target == nil || finishes, "\(state.row): \(edge.input)")
                #expect(target.map { $0.record.status == state.record.status } ?? true)
            }
            for order in TaskExploration.stopOrders where state.record.status != .createFailed {
                #expect((try? StopMachine.decide(order, for: state, nowMs: 1)) == .alreadyEnded)
            }
        }
    }

    @Test func everyTransitionKeepsRecordAndStopInStep() {
        var faults: [String] = []
        var transitions = 0
        _ = TaskExploration { before, input, transition in
            transitions += 1
            for fault in Self.faults(before, transition) where faults.count < 20 {
                faults.append("\(before.row) -- \(input) --> \(transition.state.row): \(fault)")
            }
        }
        #expect(faults.isEmpty, "\(faults.joined(separator: "\n"))")
        #expect(Self.whole.states.count > 800 && transitions > 7_000, "the exploration has become smaller")
    }

    /// What must hold after every transition.
    private static func faults(_ before: TaskState, _ transition: TaskTransition) -> [String] {
        guard transition.action != "delete" else { return [] }
        let record = transition.state.record
        let stop = transition.state.stop
        var faults: [String] = []
        func require(_ holds: Bool, _ what: String) { if !holds { faults.append(what) } }
        let isFault = record.status == .faultRectification
        require(record.repairDueAtMs == 0 || isFault, "an attempt is due, but nothing is repaired")
        require(!record.repairRunning || isFault, "an attempt runs, but nothing is repaired")
        require(!isFault || record.repairRunning || record.repairDueAtMs > 0, "no attempt will come")
        require(!record.configurationRunning || record.status == .configuration, "a pre-check runs")
        require(record.abnormalSinceMs == 0 || !record.status.isFinal, "an ended task is abnormal")
        require(record.epoch >= before.record.epoch, "the epoch goes back")
        require(record.destinationTouched || !before.record.destinationTouched, "the destination is forgotten")
        require(record.copyDone || !before.record.copyDone, "the copy is forgotten")
        require(record.stopId == (stop?.id ?? ""), "the record names another stop")
        require((stop?.phases.count ?? 0) <= Stop.maxPhaseRecords, "too many phase records")
        switch stop?.phase {
        case nil:
            require(![.stopping, .stopFailed, .stopped, .completed].contains(record.status), "there is no stop")
        case .waiting: require(isFault, "a stop waits for no repair")
        case .withdrawn:
            require(![.stopping, .stopFailed].contains(record.status), "a withdrawn stop goes on")
            require(!record.status.isFinal, "the task ended by a withdrawn stop")
        case .stopped: require(record.status == (stop?.completes == true ? .completed : .stopped), "the stop ended")
        case .failed: require(record.status == .stopFailed, "the stop failed")
        default: require(record.status == .stopping, "the stop is carried out")
        }
        let isSealed = transition.seals != nil
        let ended = (record.status == .stopped || record.status == .completed) && !before.record.status.isFinal
        let isWithdrawn = stop?.phase == .withdrawn && before.stop?.phase != .withdrawn
        let residue = before.record.status == .stopped
        require(isSealed == (ended || isWithdrawn || residue), "the audit log misses an end, or gets one too many")
        if isWithdrawn, before.record.status == .stopping || before.record.status == .stopFailed {
            let runs: TaskWork = before.stop?.statusBefore == .paused ? .none : .replicate
            require(TaskWork(for: record) == runs, "a withdrawn task does not run on as before")
        }
        if let stop, stop.drained {
            let applied = GTIDPosition(stop.appliedPosition) ?? GTIDPosition()
            require(GTIDPosition(stop.requestedPosition).map(applied.reaches) == true, "drained, but not applied")
        }
        return faults
    }
}
