import CutoverModel
import Testing

@testable import cutover

@Suite struct ReceiptDrainTermsTests {
    @Test(
        arguments: [
            (DrainTarget(point: .current), "CURRENT: where the source stood when the drain began"),
            (DrainTarget(point: .applied), "APPLIED: where the destination stood"),
            (DrainTarget(point: .gtid, gtid: "0-1-4711,1-2-17"), "GTID 0-1-4711, 1-2-17"),
            (
                DrainTarget(point: .time, timeMs: Fixtures.startMs),
                "the changes that began up to 2026-11-23 07:00:04 UTC"
            ),
        ])
    func theTargetIsSaidAsItWasAsked(target: DrainTarget, text: String) {
        #expect(ReceiptDrainTerms.target(Stop(modeTaken: .graceful, drainTo: target)) == text)
        // A stop that was forced from the start drained to nothing.
        #expect(ReceiptDrainTerms.target(Stop(modeTaken: .forced, drainTo: target)) == nil)
    }

    @Test func aStopWithoutADrainHadNoTarget() {
        #expect(ReceiptDrainTerms.target(ReceiptFixtures.partialCopy) == nil)
        #expect(ReceiptDrainTerms.deadline(ReceiptFixtures.partialCopy) == nil)
    }

    @Test(
        arguments: [
            (.keepRunning, "5 s, passed: the stop was withdrawn and the task runs on (KEEP_RUNNING)"),
            (.stopUndrained, "5 s, passed: the task was stopped without the rest (STOP_UNDRAINED)"),
            (.force, "5 s, passed: the stop went on by force (FORCE)"),
        ] as [(OnDeadline, String)])
    func aDeadlineThatPassedSaysWhatItLedTo(policy: OnDeadline, text: String) {
        var stop = ReceiptFixtures.graceful
        stop.drainDeadlineMs = 5_000
        stop.deadlinePassed = true
        stop.onDeadline = policy
        #expect(ReceiptDrainTerms.deadline(stop) == text)
    }

    @Test func aDeadlineThatDidNotPass() {
        #expect(ReceiptDrainTerms.deadline(ReceiptFixtures.graceful) == "10 s, kept")
        #expect(
            ReceiptDrainTerms.deadline(ReceiptFixtures.underWay)
                == "10 s, until 2026-11-23 07:00:14 UTC; then the stop is withdrawn")
        var none = ReceiptFixtures.graceful
        none.drainDeadlineMs = 0
        #expect(ReceiptDrainTerms.deadline(none) == nil)
    }
}
