import CutoverClient
import CutoverModel
import Testing

@testable import CutoverConsole
@testable import cutover

@Suite struct StopPlanRendererTests {
    private let renderer = StopPlanRenderer(style: TextStyle())

    private func planned(_ plan: StopPlan) -> PlannedStop { PlannedStop(taskID: plan.taskId, outcome: .success(plan)) }

    @Test func severalTasksAreListedWithTheForcedFirst() {
        let unknown = CutoverError(.notFound, "There is no task with this id.", reason: "UNKNOWN_TASK")
        let lines = renderer.lines(
            StopProspect([
                planned(Fixtures.gracefulPlan), planned(Fixtures.forcedPlan),
                PlannedStop(taskID: "c", outcome: .failure(unknown)),
            ]))
        #expect(
            lines.text == """
                To be stopped: 2 tasks, 1 of them BY FORCE

                ! shop-eu  9a9a9a9a-2222-4333-8444-555566667777
                    INCREMENTAL_MIGRATION_FAILED, FORCED: the task is abnormal
                    (INCREMENTAL_MIGRATION_FAILED: POSITION_LOST), so it cannot drain
                    lost: Changes at the source after 0-1-4990 are not applied.
                    lost: 2 triggers and 0 events are not moved.
                • crm  5c1d7a90-1111-4222-8333-444455556666
                    INCREMENTAL_MIGRATION, GRACEFUL: the task is healthy
                    lag 2.1 s; 3 triggers and 1 event move to the destination

                Cannot be stopped: 1 task
                ✗ c
                    There is no task with this id. (UNKNOWN_TASK)

                Sum: 1 graceful, 1 BY FORCE, 3 triggers and 1 event move, 2 triggers and 0
                     events stay behind.

                A stopped task cannot be resumed.
                """)
    }

    @Test func oneTaskIsShownInFull() {
        var plan = Fixtures.gracefulPlan
        plan.drainTo = DrainTarget(point: .gtid, gtid: "0-1-5000")
        plan.backlogTransactions = 1234
        plan.drainEstimateMs = 4_000
        plan.drainEstimateKnown = true
        plan.waits = true
        #expect(
            renderer.lines(StopProspect([planned(plan)])).text == """
                To be stopped gracefully: 1 task

                • crm  5c1d7a90-1111-4222-8333-444455556666
                    Status   INCREMENTAL_MIGRATION
                    Mode     GRACEFUL: the task is healthy
                    When     as soon as the repair under way has come to an end
                    Drain    to GTID 0-1-5000, lag 2.1 s, 1,234 transactions behind, about 4 s
                    Objects  3 triggers and 1 event move to the destination

                A stopped task cannot be resumed.
                """)
    }

    @Test func manyTasksAreCountedAndStandInATable() {
        var named = Fixtures.gracefulPlan
        named.taskName = "a task with a long name"
        var asked = named
        asked.modeReason = "asked for"
        let plans = [named, asked, Fixtures.forcedPlan] + [StopPlan](repeating: Fixtures.gracefulPlan, count: 42)
        let lines = renderer.lines(StopProspect(plans.map(planned)))
        #expect(lines.first == "To be stopped: 45 tasks, 1 of them BY FORCE")
        #expect(
            lines.dropFirst(2).prefix(11).map { $0 }.text == """
                ! shop-eu  9a9a9a9a-2222-4333-8444-555566667777
                    INCREMENTAL_MIGRATION_FAILED, FORCED: the task is abnormal
                    (INCREMENTAL_MIGRATION_FAILED: POSITION_LOST), so it cannot drain
                    lost: Changes at the source after 0-1-4990 are not applied.
                    lost: 2 triggers and 0 events are not moved.

                GRACEFUL: asked for
                  NAME        ID                                    STATUS                   LAG
                  a task wi…  5c1d7a90-1111-4222-8333-444455556666  INCREMENTAL_MIGRATION  2.1 s

                GRACEFUL: the task is healthy
                """)
        #expect(lines.contains("  and 25 more."))
        #expect(
            lines.suffix(4).map { $0 }.text == """
                Sum: 44 graceful, 1 BY FORCE, of those shown 57 triggers and 19 events move, of
                     those shown 2 triggers and 0 events stay behind.

                A stopped task cannot be resumed.
                """)
        #expect(lines.allSatisfy { TextWidth.columns(of: $0) <= 80 })
    }

    @Test func endedTasksAreNotToBeStopped() {
        var plan = Fixtures.gracefulPlan
        plan.status = .completed
        #expect(renderer.lines(StopProspect([planned(plan)])) == ["1 task has ended already; nothing changes there."])
    }

    @Test func aPlanByItselfHasItsObjectsAndItsHash() {
        var plan = Fixtures.gracefulPlan
        plan.planHash = [UInt8](repeating: 0xAB, count: 32)
        plan.objects = [
            ObjectOutcome(kind: .trigger, database: "crm", name: "ai", table: "orders", result: .created),
            ObjectOutcome(
                kind: .event, database: "crm", name: "purge", result: .skipped, message: "Its time has passed."),
        ]
        #expect(
            renderer.detailLines(plan).text == """
                • crm  5c1d7a90-1111-4222-8333-444455556666
                    Status   INCREMENTAL_MIGRATION
                    Mode     GRACEFUL: the task is healthy
                    Drain    lag 2.1 s
                    Objects  3 triggers and 1 event move to the destination

                    KIND     NAME              RESULT
                    trigger  crm.ai on orders  created
                    event    crm.purge         skipped
                        Its time has passed.

                Nothing was changed. To stop so or not at all, give the same options and:
                  --plan-hash abababababababababababababababababababababababababababababababab
                """)
    }

    @Test func aPlanThatIsNotLegalSaysWhyAndHasNoHash() {
        let plan = StopPlan(
            taskId: "x", taskName: "n", status: .configuration,
            refusal: ErrorInfo(message: "The configuration failed.", reason: "CONFIGURATION_FAILED"), planHash: [1])
        #expect(
            renderer.detailLines(plan).text == """
                ✗ n  x  CONFIGURATION
                    The configuration failed. (CONFIGURATION_FAILED)
                """)
    }
}
