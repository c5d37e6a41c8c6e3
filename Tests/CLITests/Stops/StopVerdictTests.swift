import CutoverModel
import Testing

@testable import cutover

@Suite struct StopVerdictTests {
    private func stop(_ phases: [StopPhase], drained: Bool = false, completes: Bool = false) -> Stop {
        Stop(
            phase: phases.last ?? .unspecified, phases: phases.map { PhaseRecord(phase: $0) }, drained: drained,
            completes: completes)
    }

    @Test func aDrainedStopIsGood() {
        #expect(StopVerdict(stop([.accepted, .draining, .releasing, .stopped], drained: true)) == .drained)
    }

    @Test func aForcedStopIsUndrained() {
        #expect(StopVerdict(stop([.accepted, .releasing, .stopped])).commandStatus == .undrained)
    }

    @Test func aStopOfATaskThatHadWrittenNothingHasNothingToDrain() {
        #expect(StopVerdict(stop([.accepted, .stopped])).commandStatus == .ok)
    }

    @Test func aCompletedCopyHasNothingToDrain() {
        #expect(StopVerdict(stop([.accepted, .releasing, .stopped], completes: true)).commandStatus == .ok)
    }

    @Test func aStopThatCouldNotFinishFailed() {
        #expect(StopVerdict(stop([.accepted, .draining, .failed])).commandStatus == .failed)
    }

    @Test func aWithdrawnStopIsNoSuccess() {
        #expect(StopVerdict(stop([.accepted, .draining, .withdrawn])).commandStatus == .withdrawn)
    }

    @Test func aStopOnItsWayIsNoFailure() {
        #expect(StopVerdict(stop([.accepted, .draining])).commandStatus == .ok)
        #expect(StopVerdict(stop([.waiting])).commandStatus == .ok)
    }
}
