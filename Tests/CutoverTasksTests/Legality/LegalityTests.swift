import CutoverModel
import CutoverTasks
import Testing

/// The rules of the manual and of the project's description of a stop, written out once more by hand.
@Suite struct LegalityTests {
    /// The reasons in short, for the table.
    static let reasons = [
        "not-conf": "NOT_CONFIGURED",
        "not-run": "NOT_STARTED",
        "not-held": "NOT_PAUSED",
        "held": "ALREADY_PAUSED",
        "started": "ALREADY_STARTED",
        "abnormal": "TASK_ABNORMAL",
        "repair": "REPAIR_UNDER_WAY",
        "stopping": "TASK_STOPPING",
        "stopped": "TASK_STOPPED",
        "complete": "TASK_COMPLETED",
        "uncreated": "CREATE_FAILED",
        "conf-bad": "CONFIGURATION_FAILED",
        "conf-run": "CONFIGURATION_RUNNING",
        "stop-1st": "STOP_FIRST",
        "unknown": "UNKNOWN_STATUS",
        "not-stop": "NOT_STOPPING",
        "not-ended": "NOT_STOPPED",
        "no-resid": "NO_RESIDUE",
        "past": "PAST_NO_RETURN",
        "not-foll": "NOT_FOLLOWING",
    ]

    /// One line a status and sub-state; one column an action, in the order of `ListActions`. `ok` or the reason.
    static let table = """
        status                                | configure | start     | pause     | resume    | graceful  | forced    | cancel    | residue   | delete
        CREATING                              | not-conf  | not-conf  | not-run   | not-held  | ok        | ok        | not-stop  | not-ended | stop-1st
        CREATE_FAILED                         | uncreated | uncreated | uncreated | uncreated | uncreated | uncreated | not-stop  | not-ended | ok
        CONFIGURATION                         | ok        | not-conf  | not-run   | not-held  | ok        | ok        | not-stop  | not-ended | ok
        CONFIGURATION running                 | conf-run  | not-conf  | not-run   | not-held  | ok        | ok        | not-stop  | not-ended | conf-run
        CONFIGURATION failed                  | ok        | not-conf  | not-run   | not-held  | conf-bad  | conf-bad  | not-stop  | not-ended | ok
        PENDING_START                         | ok        | ok        | not-run   | not-held  | ok        | ok        | not-stop  | not-ended | ok
        STARTING                              | started   | started   | ok        | not-held  | ok        | ok        | not-stop  | not-ended | stop-1st
        START_FAILED                          | ok        | ok        | abnormal  | not-run   | abnormal  | ok        | not-stop  | not-ended | stop-1st
        START_FAILED touched                  | started   | ok        | abnormal  | not-run   | abnormal  | ok        | not-stop  | not-ended | stop-1st
        FULL_MIGRATION                        | started   | started   | ok        | not-held  | ok        | ok        | not-stop  | not-ended | stop-1st
        FULL_MIGRATION_FAILED                 | started   | started   | abnormal  | ok        | abnormal  | ok        | not-stop  | not-ended | stop-1st
        INCREMENTAL_MIGRATION                 | started   | started   | ok        | not-held  | ok        | ok        | not-stop  | not-ended | stop-1st
        INCREMENTAL_MIGRATION_FAILED          | started   | started   | abnormal  | ok        | abnormal  | ok        | not-stop  | not-ended | stop-1st
        PAUSED                                | started   | started   | held      | ok        | ok        | ok        | not-stop  | not-ended | stop-1st
        FAULT_RECTIFICATION                   | started   | started   | ok        | ok        | abnormal  | ok        | not-stop  | not-ended | stop-1st
        FAULT_RECTIFICATION waiting           | started   | started   | ok        | ok        | abnormal  | ok        | ok        | not-ended | stop-1st
        FAULT_RECTIFICATION repairing         | started   | started   | repair    | repair    | repair    | repair    | not-stop  | not-ended | stop-1st
        FAULT_RECTIFICATION repairing waiting | started   | started   | repair    | repair    | repair    | repair    | ok        | not-ended | stop-1st
        STOPPING accepted                     | stopping  | stopping  | stopping  | stopping  | ok        | ok        | ok        | not-ended | stop-1st
        STOPPING draining                     | stopping  | stopping  | stopping  | stopping  | ok        | ok        | ok        | not-ended | stop-1st
        STOPPING triggers                     | stopping  | stopping  | stopping  | stopping  | ok        | ok        | past      | not-ended | stop-1st
        STOPPING events                       | stopping  | stopping  | stopping  | stopping  | ok        | ok        | past      | not-ended | stop-1st
        STOPPING releasing                    | stopping  | stopping  | stopping  | stopping  | ok        | ok        | past      | not-ended | stop-1st
        STOPPING forced                       | stopping  | stopping  | stopping  | stopping  | ok        | ok        | past      | not-ended | stop-1st
        STOPPING completes                    | stopping  | stopping  | stopping  | stopping  | ok        | ok        | past      | not-ended | stop-1st
        STOP_FAILED accepted                  | stopping  | stopping  | stopping  | stopping  | ok        | ok        | ok        | not-ended | stop-1st
        STOP_FAILED draining                  | stopping  | stopping  | stopping  | stopping  | ok        | ok        | ok        | not-ended | stop-1st
        STOP_FAILED triggers                  | stopping  | stopping  | stopping  | stopping  | ok        | ok        | past      | not-ended | stop-1st
        STOP_FAILED events                    | stopping  | stopping  | stopping  | stopping  | ok        | ok        | past      | not-ended | stop-1st
        STOP_FAILED releasing                 | stopping  | stopping  | stopping  | stopping  | ok        | ok        | past      | not-ended | stop-1st
        STOP_FAILED forced                    | stopping  | stopping  | stopping  | stopping  | ok        | ok        | past      | not-ended | stop-1st
        STOP_FAILED completes                 | stopping  | stopping  | stopping  | stopping  | ok        | ok        | past      | not-ended | stop-1st
        STOPPED                               | stopped   | stopped   | stopped   | stopped   | stopped   | stopped   | past      | no-resid  | ok
        STOPPED residue                       | stopped   | stopped   | stopped   | stopped   | stopped   | stopped   | past      | ok        | ok
        COMPLETED                             | complete  | complete  | complete  | complete  | complete  | complete  | past      | not-ended | ok
        UNSPECIFIED                           | unknown   | unknown   | unknown   | unknown   | unknown   | unknown   | unknown   | unknown   | unknown
        99                                    | unknown   | unknown   | unknown   | unknown   | unknown   | unknown   | unknown   | unknown   | unknown
        """

    static let columns: [TaskAction] = [
        .configure, .start, .pause, .resume, .stopGraceful, .stopForced, .cancelStop, .finishResidue, .delete,
    ]

    /// The table as rows of a state and a cell per action.
    static let rows: [(name: String, state: TaskState, cells: [String])] = table.split(separator: "\n").dropFirst()
        .map { line in
            let fields = line.split(separator: "|").map { $0.trimmingSpaces }
            return (fields[0], .inRow(fields[0]), fields.dropFirst().map { reasons[$0] ?? $0 })
        }

    /// What the table says about a state: a cell per action; nil when it has no such row.
    static func cells(of state: TaskState) -> [TaskAction: String]? {
        rowsByName[state.row]
    }

    private static let rowsByName = Dictionary(
        uniqueKeysWithValues: rows.map { row in
            (row.name, Dictionary(uniqueKeysWithValues: zip(columns, row.cells)))
        })

    @Test func everyRowIsMadeAsItIsNamed() {
        for row in Self.rows where row.name != "99" { #expect(row.state.row == row.name) }
    }

    @Test(arguments: rows.indices) func everyCell(_ index: Int) {
        let row = Self.rows[index]
        #expect(row.cells.count == Self.columns.count)
        for (action, cell) in zip(Self.columns, row.cells) {
            let answer = Legality.refusal(of: action, for: row.state)?.reason.rawValue ?? "ok"
            #expect(answer == cell, "\(row.name), \(action)")
        }
    }

    @Test func everyStatusHasARow() {
        let covered = Set(Self.rows.map(\.state.record.status))
        #expect(covered.isSuperset(of: TaskStatus.allKnown))
    }

    @Test func noDeadEnds() {
        for status in TaskStatus.allKnown where status != .unspecified && !status.isFinal {
            let rows = Self.rows.filter { $0.state.record.status == status }
            #expect(!rows.isEmpty)
            for row in rows {
                let legal = Self.columns.filter { Legality.refusal(of: $0, for: row.state) == nil }
                // While a repair attempt runs nothing may be ordered [manual]; then the server itself must be at work.
                let waitsForServer = row.state.record.repairRunning && TaskWork(for: row.state.record) == .replicate
                #expect(!legal.isEmpty || waitsForServer, "\(row.name)")
            }
            // Somewhere on the way out of every status is a stop or a deletion.
            #expect(
                rows.contains { row in
                    [.stopGraceful, .stopForced, .delete].contains {
                        Legality.refusal(of: $0, for: row.state) == nil
                    }
                }, "\(status.name)")
        }
    }

    @Test func aRunningRepairAlwaysEnds() {
        var record = TaskState.inRow("FAULT_RECTIFICATION repairing").record
        record.copyDone = true
        record.previousStatus = .incrementalMigration
        let failure = TaskFailure(code: "SOURCE_UNREACHABLE", retriable: true)
        for report in [
            WorkerReport.claimed(.following(position: "0-1-1")), .claimed(.empty), .workerFailed(failure),
            .workerFailed(TaskFailure(code: "APPLY_FAILED")),
        ] {
            let after = TaskMachine.apply(
                report, epoch: record.epoch, to: TaskState(record: record), policy: RepairPolicy(), nowMs: 1)
            #expect(after?.state.record.repairRunning == false, "\(report)")
        }
    }

    @Test func onlyFinalStatusesAreFinal() {
        #expect(TaskStatus.allKnown.filter(\.isFinal) == [.createFailed, .stopped, .completed])
    }

    @Test func availabilityListsEveryActionAndSaysWhyNot() {
        for row in Self.rows {
            let listed = Legality.availability(for: row.state)
            #expect(listed.map(\.action) == Self.columns)
            for (entry, cell) in zip(listed, row.cells) {
                #expect(entry.available == (cell == "ok"))
                #expect(entry.reason == (cell == "ok" ? "" : cell))
                #expect(entry.explanation.isEmpty == (cell == "ok"))
            }
        }
    }

    @Test func unknownActionsAreRefused() {
        for action in [TaskAction.unspecified, .unrecognized(77)] {
            #expect(Legality.refusal(of: action, for: .inRow("PAUSED")) != nil)
        }
    }

    /// The legality table and the machine are one: what is legal is carried out, what is not changes nothing.
    @Test func theMachineObeysTheTable() {
        let orders: [TaskOrder] = [
            .configure(kind: .fullOnly, startAtMs: 0), .start, .pause, .resume, .delete,
        ]
        for row in Self.rows {
            for order in orders {
                let legal = Legality.refusal(of: order.action, for: row.state) == nil
                let done = try? TaskMachine.apply(order, to: row.state, nowMs: 5)
                #expect((done != nil) == legal, "\(row.name), \(order)")
            }
        }
    }
}

extension Substring {
    var trimmingSpaces: String {
        let body = drop { $0 == " " }
        return String(body.prefix(body.count - body.reversed().prefix { $0 == " " }.count))
    }
}
