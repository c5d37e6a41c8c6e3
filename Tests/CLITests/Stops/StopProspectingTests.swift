import CutoverModel
import Testing

@testable import cutover

/// A confirmed batch does what was shown, and nothing else.
@Suite struct StopProspectingTests {
    private let selecting = BatchStopRequest(mode: .auto, selector: StopSelector(all: true))

    @Test func aSelectionBecomesTheTasksThatWereShown() {
        let pinned = StopProspecting.pinned(selecting, tasks: ["a", "b"], forced: [])
        #expect(pinned.taskIds == ["a", "b"])
        #expect(pinned.selector == nil)
        #expect(pinned.mode == .graceful)
        #expect(pinned.overrides.isEmpty)
    }

    @Test func onlyWhatWasShownByForceMayBeForced() {
        let pinned = StopProspecting.pinned(selecting, tasks: ["a", "b"], forced: ["b"])
        #expect(pinned.mode == .graceful)
        #expect(pinned.overrides == [StopOverride(taskId: "b", mode: .auto)])
    }

    @Test func anOverrideKeepsItsOwnTerms() {
        var request = selecting
        request.overrides = [StopOverride(taskId: "b", reason: "r"), StopOverride(taskId: "c", mode: .forced)]
        let pinned = StopProspecting.pinned(request, tasks: ["b", "c"], forced: ["b", "c"])
        #expect(
            pinned.overrides == [
                StopOverride(taskId: "b", mode: .auto, reason: "r"), StopOverride(taskId: "c", mode: .forced),
            ])
    }

    @Test func aModeThatWasGivenStays() {
        var request = selecting
        request.mode = .forced
        let pinned = StopProspecting.pinned(request, tasks: ["a"], forced: ["a"])
        #expect(pinned.mode == .forced)
        #expect(pinned.overrides.isEmpty)
    }

    @Test func moreThanABatchMayNameIsSelectedAgain() {
        let pinned = StopProspecting.pinned(selecting, tasks: nil, forced: nil)
        #expect(pinned == selecting)
    }

    @Test func moreOverridesThanABatchMayHaveAreLeftToTheServer() {
        let forced = (0...DryRun.overrideLimit).map(String.init)
        let pinned = StopProspecting.pinned(selecting, tasks: ["a"], forced: forced)
        #expect(pinned.mode == .auto)
        #expect(pinned.overrides.isEmpty)
        #expect(pinned.taskIds == ["a"])
    }
}
