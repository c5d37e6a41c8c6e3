import CutoverClient
import CutoverModel
import Testing

@testable import cutover

@Suite struct StopConfirmationTests {
    private let graceful = PlannedStop(taskID: "a", outcome: .success(Fixtures.gracefulPlan))
    private let forced = PlannedStop(taskID: "b", outcome: .success(Fixtures.forcedPlan))
    private let unknown = PlannedStop(
        taskID: "c",
        outcome: .failure(CutoverError(.notFound, "There is no task with this id.", reason: "UNKNOWN_TASK")))

    private func confirm(_ prospect: StopProspect, answer: String?) -> (isConfirmed: Bool, errors: String) {
        let recording = RecordingConsole(answers: [answer].compactMap { $0 }, isTerminal: true)
        let isConfirmed = StopConfirmation(console: recording.console).confirm(prospect)
        #expect(recording.output.isEmpty)
        return (isConfirmed, recording.errors)
    }

    @Test(arguments: [("y", true), ("YES", true), ("n", false), ("", false), (nil, false)] as [(String?, Bool)])
    func aGracefulStopAsksForYes(answer: String?, isConfirmed: Bool) {
        let result = confirm(StopProspect([graceful]), answer: answer)
        #expect(result.isConfirmed == isConfirmed)
        #expect(result.errors.hasSuffix("Stop 1 task? [y/N] "))
    }

    @Test(arguments: [("y", false), ("force", true), ("Force ", true), ("yes", false)])
    func aForcedStopAsksForItsWord(answer: String, isConfirmed: Bool) {
        let result = confirm(StopProspect([graceful, forced]), answer: answer)
        #expect(result.isConfirmed == isConfirmed)
        #expect(result.errors.contains("Type \"force\" to stop 2 tasks, 1 by force: "))
    }

    @Test(arguments: [("y", false), ("1200", true), ("1,200", true), ("120", false), ("", false)])
    func manyStopsAskForTheirNumber(answer: String, isConfirmed: Bool) {
        var prospect = StopProspect([graceful])
        prospect.stoppable = 1200
        let result = confirm(prospect, answer: answer)
        #expect(result.isConfirmed == isConfirmed)
        #expect(result.errors.hasSuffix("Type \"1200\" to stop 1,200 tasks: "))
    }

    /// A "y" is enough for 20 tasks and no more.
    @Test(arguments: [(20, "y", true), (21, "y", false), (21, "21", true)])
    func theirNumberIsAskedForFromWhereAYesComesTooEasily(tasks: Int, answer: String, isConfirmed: Bool) {
        var prospect = StopProspect([graceful])
        prospect.stoppable = tasks
        let result = confirm(prospect, answer: answer)
        #expect(result.isConfirmed == isConfirmed)
        #expect(result.errors.hasSuffix(tasks == 20 ? "Stop 20 tasks? [y/N] " : "Type \"21\" to stop 21 tasks: "))
    }

    @Test(arguments: [("force", false), ("1200", false), ("force 1200", true)])
    func manyStopsByForceAskForBoth(answer: String, isConfirmed: Bool) {
        var prospect = StopProspect([forced])
        prospect.stoppable = 1200
        prospect.forced = 12
        let result = confirm(prospect, answer: answer)
        #expect(result.isConfirmed == isConfirmed)
        #expect(result.errors.hasSuffix("Type \"force 1200\" to stop 1,200 tasks, 12 by force: "))
    }

    @Test func nothingIsAskedWhenNothingCanBeStopped() {
        let result = confirm(StopProspect([unknown]), answer: "y")
        #expect(!result.isConfirmed)
        #expect(!result.errors.contains("[y/N]"))
    }

    @Test func endedTasksNeedNoConfirmation() {
        var plan = Fixtures.gracefulPlan
        plan.status = .stopped
        let result = confirm(StopProspect([PlannedStop(taskID: "a", outcome: .success(plan))]), answer: nil)
        #expect(result.isConfirmed)
        #expect(result.errors.isEmpty)
    }

    @Test func aSelectionThatNothingFitsIsNotConfirmed() {
        #expect(!confirm(StopProspect(), answer: "y").isConfirmed)
    }
}
