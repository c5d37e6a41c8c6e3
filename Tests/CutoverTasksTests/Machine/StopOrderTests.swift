import CutoverModel
import CutoverTasks
import Testing

/// What each order of a stop leads to in each row, written by hand from the description of a stop.
@Suite struct StopOrderTests {
    /// - `ends`: STOPPED by the very write, since nothing was touched
    /// - `drain`, `release`, `force`: accepted; graceful with a drain, graceful with an incomplete copy, forced
    /// - `same`: told of the stop there is; `over`: it had ended before
    /// - `wait`: kept until the repair ends; `escal`: the one that waits becomes a forced one
    /// - `retry`: taken up where it failed; `anew`: its drain begins again, to another target
    /// - `runs`: withdrawn, the task is where it was; `was`: it had been withdrawn before
    /// - else the reason of the refusal, in short
    static let table = """
        status                                | AUTO      | GRACEFUL  | FORCED    | AUTO+W    | GRACEFUL+W | FORCED+W  | GTID      | CANCEL
        CREATING                              | ends      | ends      | ends      | ends      | ends       | ends      | not-foll  | not-stop
        CREATE_FAILED                         | uncreated | uncreated | uncreated | uncreated | uncreated  | uncreated | uncreated | not-stop
        CONFIGURATION                         | ends      | ends      | ends      | ends      | ends       | ends      | not-foll  | not-stop
        CONFIGURATION running                 | ends      | ends      | ends      | ends      | ends       | ends      | not-foll  | not-stop
        CONFIGURATION failed                  | conf-bad  | conf-bad  | conf-bad  | conf-bad  | conf-bad   | conf-bad  | conf-bad  | not-stop
        PENDING_START                         | ends      | ends      | ends      | ends      | ends       | ends      | not-foll  | not-stop
        STARTING                              | release   | release   | force     | release   | release    | force     | not-foll  | not-stop
        STARTING untouched                    | ends      | ends      | ends      | ends      | ends       | ends      | not-foll  | not-stop
        START_FAILED                          | ends      | abnormal  | ends      | ends      | abnormal   | ends      | abnormal  | not-stop
        START_FAILED touched                  | force     | abnormal  | force     | force     | abnormal   | force     | abnormal  | not-stop
        FULL_MIGRATION                        | release   | release   | force     | release   | release    | force     | not-foll  | not-stop
        FULL_MIGRATION_FAILED                 | force     | abnormal  | force     | force     | abnormal   | force     | abnormal  | not-stop
        INCREMENTAL_MIGRATION                 | drain     | drain     | force     | drain     | drain      | force     | drain     | not-stop
        INCREMENTAL_MIGRATION withdrawn       | drain     | drain     | force     | drain     | drain      | force     | drain     | was
        INCREMENTAL_MIGRATION_FAILED          | force     | abnormal  | force     | force     | abnormal   | force     | abnormal  | not-stop
        PAUSED                                | drain     | drain     | force     | drain     | drain      | force     | drain     | not-stop
        PAUSED copying                        | release   | release   | force     | release   | release    | force     | not-foll  | not-stop
        PAUSED untouched                      | ends      | ends      | ends      | ends      | ends       | ends      | not-foll  | not-stop
        PAUSED withdrawn                      | drain     | drain     | force     | drain     | drain      | force     | drain     | was
        FAULT_RECTIFICATION                   | force     | abnormal  | force     | force     | wait       | force     | abnormal  | not-stop
        FAULT_RECTIFICATION withdrawn         | force     | abnormal  | force     | force     | wait       | force     | abnormal  | was
        FAULT_RECTIFICATION waiting           | same      | abnormal  | force     | same      | same       | force     | abnormal  | runs
        FAULT_RECTIFICATION repairing         | repair    | repair    | repair    | wait      | wait       | wait      | repair    | not-stop
        FAULT_RECTIFICATION repairing waiting | repair    | repair    | repair    | same      | same       | escal     | repair    | runs
        STOPPING accepted                     | same      | same      | force     | same      | same       | force     | same      | runs
        STOPPING draining                     | same      | same      | force     | same      | same       | force     | same      | runs
        STOPPING triggers                     | same      | same      | force     | same      | same       | force     | same      | past
        STOPPING events                       | same      | same      | force     | same      | same       | force     | same      | past
        STOPPING releasing                    | same      | same      | force     | same      | same       | force     | same      | past
        STOPPING forced                       | same      | same      | same      | same      | same       | same      | same      | past
        STOPPING completes                    | same      | same      | force     | same      | same       | force     | same      | past
        STOP_FAILED accepted                  | retry     | retry     | force     | retry     | retry      | force     | anew      | runs
        STOP_FAILED draining                  | retry     | retry     | force     | retry     | retry      | force     | anew      | runs
        STOP_FAILED triggers                  | retry     | retry     | force     | retry     | retry      | force     | past      | past
        STOP_FAILED events                    | retry     | retry     | force     | retry     | retry      | force     | past      | past
        STOP_FAILED releasing                 | retry     | retry     | force     | retry     | retry      | force     | past      | past
        STOP_FAILED forced                    | retry     | retry     | retry     | retry     | retry      | retry     | retry     | past
        STOP_FAILED completes                 | retry     | retry     | force     | retry     | retry      | force     | retry     | past
        STOPPED                               | over      | over      | over      | over      | over       | over      | over      | past
        STOPPED residue                       | over      | over      | over      | over      | over       | over      | over      | past
        COMPLETED                             | over      | over      | over      | over      | over       | over      | over      | past
        UNSPECIFIED                           | unknown   | unknown   | unknown   | unknown   | unknown    | unknown   | unknown   | unknown
        """

    static let orders = [
        StopOrder(stopID: "s9", requestID: "r9", mode: .auto),
        StopOrder(stopID: "s9", requestID: "r9", mode: .graceful),
        StopOrder(stopID: "s9", requestID: "r9", reason: "fire", mode: .forced),
        StopOrder(stopID: "s9", requestID: "r9", mode: .auto, whenIllegal: .wait),
        StopOrder(stopID: "s9", requestID: "r9", mode: .graceful, whenIllegal: .wait),
        StopOrder(stopID: "s9", requestID: "r9", reason: "fire", mode: .forced, whenIllegal: .wait),
        StopOrder(
            stopID: "s9", requestID: "r9", mode: .graceful, drainTo: DrainTarget(point: .gtid, gtid: "0-1-99")),
    ]

    static func state(_ name: String) -> TaskState {
        let words = name.split(separator: " ")
        let without = words.filter { !["withdrawn", "untouched", "copying"].contains($0) }.joined(separator: " ")
        var state = TaskState.inRow(without)
        if words.contains("untouched") { state.record.destinationTouched = false }
        if words.contains("untouched") || words.contains("copying") { state.record.copyDone = false }
        if words.contains("withdrawn") {
            state.stop = Stop(
                id: "s0", taskId: "t1", phase: .withdrawn,
                phases: [PhaseRecord(phase: .withdrawn, startedAtMs: 1, endedAtMs: 1)])
            state.record.stopId = "s0"
        }
        return state
    }

    @Test(arguments: table.split(separator: "\n").dropFirst().map(String.init)) func everyCell(_ line: String) throws {
        let fields = line.split(separator: "|").map(\.trimmingSpaces)
        let state = Self.state(fields[0])
        for (order, expected) in zip(Self.orders, fields.dropFirst()) {
            let answer = try decide(order, state)
            #expect(answer == LegalityTests.reasons[expected] ?? expected, "\(order.mode) \(order.whenIllegal)")
        }
        let answer = try cancel(state)
        let expected = try #require(fields.last)
        #expect(answer == LegalityTests.reasons[expected] ?? expected)
    }

    @Test func everyRowOfLegalityHasItsOrders() {
        let rows = Set(
            Self.table.split(separator: "\n").dropFirst().map {
                Self.state($0.split(separator: "|")[0].trimmingSpaces).row
            })
        for row in LegalityTests.rows where row.name != "99" { #expect(rows.contains(row.name), "\(row.name)") }
    }

    private func decide(_ order: StopOrder, _ state: TaskState) throws -> String {
        let transition: TaskTransition
        switch Result(catching: { () throws(Refusal) in try StopMachine.decide(order, for: state, nowMs: 50) }) {
        case .failure(let refusal): return refusal.reason.rawValue
        case .success(.inProgress): return "same"
        case .success(.alreadyEnded): return "over"
        case .success(.accepted(let accepted)): transition = accepted
        }
        let stop = try #require(transition.state.stop)
        // A stop that is there is the one that is meant; one that was withdrawn is over.
        let isNew = state.stop == nil || state.stop?.phase == .withdrawn
        #expect(stop.id == (isNew ? "s9" : state.stop?.id) && transition.state.record.stopId == stop.id)
        #expect(isNew == (stop.requestId == "r9"), "the stop is its first request's")
        return answer(transition, stop, before: state)
    }

    private func answer(_ transition: TaskTransition, _ stop: Stop, before: TaskState) -> String {
        let status = transition.state.record.status
        switch (status, stop.phase, transition.action) {
        case (.stopped, .stopped, "stop.accepted"): return "ends"
        case (.faultRectification, .waiting, "stop.waiting"): return "wait"
        case (.faultRectification, .waiting, "stop.escalated"):
            return stop.modeTaken == .forced ? "escal" : "wrong mode"
        case (.stopping, .releasing, "stop.accepted"), (.stopping, .releasing, "stop.escalated"):
            return stop.modeTaken == .forced ? "force" : "release"
        case (.stopping, .accepted, "stop.accepted"): return stop.modeTaken == .graceful ? "drain" : "wrong mode"
        case (.stopping, let phase, "stop.retried"):
            if stop.drainTo != before.stop?.drainTo { return phase == .accepted ? "anew" : "wrong phase" }
            return phase == before.stop?.phases.first?.phase ? "retry" : "wrong phase"
        default: return "\(status) \(stop.phase) \(transition.action)"
        }
    }

    private func cancel(_ state: TaskState) throws -> String {
        let result = Result { () throws(Refusal) in
            try StopMachine.cancel(state, actor: "ann", reason: "no", nowMs: 50)
        }
        switch result {
        case .failure(let refusal): return refusal.reason.rawValue
        case .success(.alreadyWithdrawn): return "was"
        case .success(.withdrawn(let transition)):
            let stop = try #require(transition.state.stop)
            #expect(stop.phase == .withdrawn && stop.withdrawnBy == "ann" && transition.seals == .withdrawn)
            let before = state.stop?.phase == .waiting ? state.record.status : .incrementalMigration
            return transition.state.record.status == before ? "runs" : "\(transition.state.record.status)"
        }
    }
}
