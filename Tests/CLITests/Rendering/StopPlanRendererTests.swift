import CutoverClient
import CutoverModel
import Testing

@testable import cutover

@Suite struct StopPlanRendererTests {
    @Test func marksWhatIsForcedAndWhatWouldBeLost() {
        let unknown = CutoverError(.notFound, "There is no task with this id.", reason: "UNKNOWN_TASK")
        let lines = StopPlanRenderer(style: TextStyle()).lines([
            PlannedStop(taskID: "a", outcome: .success(Fixtures.gracefulPlan)),
            PlannedStop(taskID: "b", outcome: .success(Fixtures.forcedPlan)),
            PlannedStop(taskID: "c", outcome: .failure(unknown)),
        ])
        #expect(
            lines.text == """
                To be stopped: 2 tasks, 1 of them BY FORCE

                • crm  5c1d7a90-1111-4222-8333-444455556666
                    Status   INCREMENTAL_MIGRATION
                    Mode     GRACEFUL: the task is healthy
                    Lag      2.1 s
                    Objects  3 triggers and 1 event move to the destination
                ! shop-eu  9a9a9a9a-2222-4333-8444-555566667777
                    Status   INCREMENTAL_MIGRATION_FAILED
                    Mode     FORCED: the task is abnormal (INCREMENTAL_MIGRATION_FAILED:
                             POSITION_LOST), so it cannot drain
                    Objects  2 triggers and 0 events stay behind
                    Lost     Changes at the source after 0-1-4990 are not applied.
                    Lost     2 triggers and 0 events are not moved.

                Cannot be stopped:
                ✗ c
                    There is no task with this id. (UNKNOWN_TASK)

                A stopped task cannot be resumed.
                """)
    }

    @Test func manyTasksAreCounted() {
        let plans = (0..<45).map { PlannedStop(taskID: "\($0)", outcome: .success(Fixtures.gracefulPlan)) }
        let lines = StopPlanRenderer(style: TextStyle()).lines(plans)
        #expect(lines.first == "To be stopped gracefully: 45 tasks")
        #expect(lines.contains("  and 5 more."))
    }

    @Test func endedTasksAreNotToBeStopped() {
        var plan = Fixtures.gracefulPlan
        plan.status = .completed
        let lines = StopPlanRenderer(style: TextStyle()).lines([PlannedStop(taskID: "a", outcome: .success(plan))])
        #expect(lines == ["1 task has ended already; nothing changes there."])
    }
}
