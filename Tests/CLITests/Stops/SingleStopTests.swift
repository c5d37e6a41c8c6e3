import CutoverModel
import Testing

@testable import cutover

/// What was shown is what is asked for.
@Suite struct SingleStopTests {
    private func request(_ plan: StopPlan, mode: StopMode = .auto, planHash: [UInt8] = []) -> StopTaskRequest {
        SingleStop.confirmedRequest(
            "a", StopTerms(mode: mode), PlannedStop(taskID: "a", outcome: .success(plan)), planHash: planHash)
    }

    @Test func aConfirmedStopCarriesTheHashOfItsPlan() {
        var plan = Fixtures.gracefulPlan
        plan.planHash = [1, 2]
        #expect(request(plan).planHash == [1, 2])
        // The hash is of the plan for this mode.
        #expect(request(plan).mode == .auto)
    }

    @Test func theHashThatWasGivenIsKept() {
        var plan = Fixtures.gracefulPlan
        plan.planHash = [1, 2]
        #expect(request(plan, planHash: [3]).planHash == [3])
    }

    @Test func withoutAHashAGracefulStopIsNotForcedLater() {
        #expect(request(Fixtures.gracefulPlan).mode == .graceful)
        #expect(request(Fixtures.forcedPlan).mode == .auto)
        #expect(request(Fixtures.forcedPlan, mode: .forced).mode == .forced)
    }
}
