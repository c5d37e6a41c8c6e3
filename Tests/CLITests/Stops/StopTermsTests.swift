import CutoverModel
import Testing

@testable import cutover

@Suite struct StopTermsTests {
    private let terms = StopTerms(
        mode: .auto, reason: "r", drainTo: DrainTarget(point: .applied), drainDeadlineMs: 1000,
        onDeadline: .stopUndrained, whenIllegal: .wait)

    @Test func thePlanIsOfTheTermsThatTheStopHas() {
        let stop = terms.stopRequest("a", planHash: [1])
        let plan = terms.planRequest("a")
        #expect(plan.taskId == stop.taskId)
        #expect(plan.mode == stop.mode)
        #expect(plan.requireAllObjects == stop.requireAllObjects)
        #expect(plan.drainDeadlineMs == stop.drainDeadlineMs)
        #expect(plan.drainTo == stop.drainTo)
        #expect(plan.onDeadline == stop.onDeadline)
        #expect(plan.whenIllegal == stop.whenIllegal)
    }

    @Test func anOverrideReplacesWhatItSays() {
        let override = StopOverride(taskId: "a", mode: .graceful, drainDeadlineMs: 5, requireAllObjects: true)
        let merged = terms.overridden(by: override)
        #expect(merged.mode == .graceful)
        #expect(merged.reason == "r")
        #expect(merged.drainTo == terms.drainTo)
        #expect(merged.drainDeadlineMs == 5)
        #expect(merged.onDeadline == .stopUndrained)
        #expect(merged.requiresAllObjects)
        #expect(terms.overridden(by: nil) == terms)
    }

    @Test func aBatchHasTheTermsAndTheSelection() {
        let selection = StopSelection(
            ids: ["a"], selector: StopSelector(all: true), overrides: [StopOverride(taskId: "a", mode: .forced)],
            maxParallel: 3, stopAfterFailures: 2)
        let request = terms.batchRequest(selection)
        #expect(
            request
                == BatchStopRequest(
                    taskIds: ["a"], mode: .auto, reason: "r", drainDeadlineMs: 1000,
                    drainTo: DrainTarget(point: .applied), onDeadline: .stopUndrained, whenIllegal: .wait,
                    selector: StopSelector(all: true), overrides: [StopOverride(taskId: "a", mode: .forced)],
                    maxParallel: 3, stopAfterFailures: 2))
    }
}
