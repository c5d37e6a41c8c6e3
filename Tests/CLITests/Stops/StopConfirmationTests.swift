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

    @Test(arguments: [("y", true), ("YES", true), ("n", false), ("", false), (nil, false)] as [(String?, Bool)])
    func aGracefulStopAsksForYes(answer: String?, isConfirmed: Bool) {
        let recording = RecordingConsole(answers: [answer].compactMap { $0 })
        #expect(StopConfirmation(console: recording.console).confirm([graceful]) == isConfirmed)
        #expect(recording.errors.hasSuffix("Stop 1 task? [y/N] "))
        #expect(recording.output.isEmpty)
    }

    @Test(arguments: [("y", false), ("force", true), ("Force ", true), ("yes", false)])
    func aForcedStopAsksForItsWord(answer: String, isConfirmed: Bool) {
        let recording = RecordingConsole(answers: [answer])
        #expect(StopConfirmation(console: recording.console).confirm([graceful, forced]) == isConfirmed)
        #expect(recording.errors.contains("Type \"force\" to stop 2 tasks, 1 by force: "))
    }

    @Test func nothingIsAskedWhenNothingCanBeStopped() {
        let recording = RecordingConsole(answers: ["y"])
        #expect(!StopConfirmation(console: recording.console).confirm([unknown]))
        #expect(!recording.errors.contains("[y/N]"))
    }

    @Test func endedTasksNeedNoConfirmation() {
        var plan = Fixtures.gracefulPlan
        plan.status = .stopped
        let recording = RecordingConsole(answers: [])
        let planned = PlannedStop(taskID: "a", outcome: .success(plan))
        #expect(StopConfirmation(console: recording.console).confirm([planned]))
        #expect(recording.errors.isEmpty)
    }

    /// What was shown is what is asked for.
    @Test func aConfirmedGracefulStopIsNotForcedLater() {
        #expect(StopConfirmation.confirmedMode(asked: .auto, [graceful]) == .graceful)
        #expect(StopConfirmation.confirmedMode(asked: .auto, [graceful, unknown]) == .graceful)
        #expect(StopConfirmation.confirmedMode(asked: .auto, [graceful, forced]) == .auto)
        #expect(StopConfirmation.confirmedMode(asked: .forced, [forced]) == .forced)
    }
}
