import CutoverModel
@testable import CutoverServer
import CutoverTasks
import Testing

@Suite struct StopPlanHashTests {
    let plan = StopPlan(
        taskId: "t1", legal: true, modeTaken: .graceful,
        objects: [
            ObjectOutcome(kind: .trigger, database: "a", name: "bc", table: "t", result: .created),
            ObjectOutcome(kind: .event, database: "a", name: "e", result: .created),
        ],
        drainTo: DrainTarget(point: .current))
    let basis = PlanBasis(TaskState(record: TaskRecord(id: "t1", status: .incrementalMigration, copyDone: true)))

    func hash(
        _ change: (inout StopPlan) -> Void = { _ in }, _ terms: StopTerms = StopTerms(), _ basis: PlanBasis? = nil
    ) -> [UInt8] {
        var plan = plan
        change(&plan)
        return plan.hash(terms: terms, basis: basis ?? self.basis)
    }

    @Test func sentencesAndCountersAreNotInIt() {
        let other = hash {
            $0.lagMs = 7
            $0.drainEstimateMs = 7
            $0.drainEstimateKnown = true
            $0.backlogTransactions = 7
            $0.losses = ["x"]
            $0.modeReason = "x"
            $0.taskName = "x"
            $0.objects.reverse()
            $0.objects[0].message = "x"
        }
        #expect(other == hash())
    }

    @Test func whatTheStopDependsOnIs() {
        let changes: [(inout StopPlan) -> Void] = [
            { $0.taskId = "t2" }, { $0.legal = false }, { $0.refusal = ErrorInfo(reason: "X") },
            { $0.modeTaken = .forced }, { $0.waits = true }, { $0.objectsKnown = true },
            { $0.objects[0].result = .failed }, { $0.objects.removeLast() }, { $0.objects[0].kind = .event },
            {
                // The same letters, cut elsewhere.
                $0.objects[0].database = "ab"
                $0.objects[0].name = "c"
            },
            { $0.drainTo = DrainTarget(point: .gtid, gtid: "0-1-1") },
            { $0.drainTo = DrainTarget(point: .time, timeMs: 5) },
        ]
        var hashes: Set<[UInt8]> = [hash()]
        for change in changes { #expect(hashes.insert(hash(change)).inserted) }
        var terms = StopTerms()
        terms.onDeadline = .force
        #expect(hashes.insert(hash({ _ in }, terms)).inserted)
        var paused = basis
        paused.status = .paused
        #expect(hashes.insert(hash({ _ in }, StopTerms(), paused)).inserted)
    }
}

@Suite struct DrainForecastTests {
    let rolling = MigrationProgress(
        sourcePosition: "0-1-900", appliedPosition: "0-1-100", transactionsPerSecond: 100, backlogTransactions: 800)

    @Test(arguments: [
        (DrainTarget(point: .current), "", UInt64?.some(8_000)), (DrainTarget(point: .current), "0-1-500", 4_000),
        (DrainTarget(point: .current), "0-1-50", 0), (DrainTarget(point: .gtid, gtid: "0-1-200"), "", 1_000),
        (DrainTarget(point: .applied), "", 0), (DrainTarget(point: .time, timeMs: 61_000), "", 60_000),
        (DrainTarget(point: .time, timeMs: 500), "", nil), (DrainTarget(point: .time, timeMs: 500), "0-1-300", 2_000),
    ])
    func theRateTells(_ target: DrainTarget, _ requested: String, _ expected: UInt64?) {
        #expect(DrainForecast(target, requested: requested, nowMs: 1_000).leftMs(rolling) == expected)
    }

    @Test func withoutARateNothingIsKnown() {
        var stuck = rolling
        stuck.transactionsPerSecond = 0
        #expect(DrainForecast(nil, requested: "0-1-500", nowMs: 0).leftMs(stuck) == nil)
        #expect(DrainForecast(nil, requested: "0-1-100", nowMs: 0).leftMs(stuck) == 0)
        #expect(DrainForecast(nil, nowMs: 0).leftMs(MigrationProgress()) == nil)
    }
}
