import CutoverModel
import Testing

@testable import CutoverConsole
@testable import cutover

@Suite struct BatchTallyTests {
    private func event(
        _ id: String, _ result: StopItemResult, isFinal: Bool = true, undrained: Bool = false,
        mode: StopMode = .graceful
    ) -> BatchStopEvent {
        BatchStopEvent(
            item: BatchItem(taskId: id, result: result, modeTaken: mode, final: isFinal, undrained: undrained))
    }

    private func tally(_ events: [BatchStopEvent]) -> BatchTally {
        var tally = BatchTally()
        for event in events { _ = tally.take(event) }
        return tally
    }

    @Test func countsWhatEndedAndHoldsWhatIsInProgress() {
        let tally = tally([
            BatchStopEvent(accepted: BatchAccepted(batchId: "b", items: 5)),
            event("a", .accepted, isFinal: false), event("b", .accepted, isFinal: false), event("c", .rejected),
            event("a", .stopped, undrained: true, mode: .forced),
        ])
        #expect(tally.isAnnounced)
        #expect(tally.tasks == 5)
        #expect(tally.ended == 2)
        #expect(tally.inProgress == ["b"])
        #expect(
            tally.runningSummary
                == BatchSummary(
                    items: 5, inProgress: 1, stopped: 1, rejected: 1, pending: 2, forced: 1, undrained: 1))
    }

    @Test func theTasksOfASelectorAreCountedAsTheyAreFound() {
        let tally = tally([
            BatchStopEvent(accepted: BatchAccepted(batchId: "b")), event("a", .stopped), event("b", .stopped),
        ])
        #expect(tally.tasks == 2)
    }

    @Test(
        arguments: [
            ([], .ok), ([(.stopped, false), (.alreadyStopped, false)], .ok), ([(.stopped, true)], .undrained),
            ([(.withdrawn, false)], .withdrawn), ([(.rejected, false), (.notAttempted, false)], .rejected),
            ([(.stopped, false), (.failed, false)], .partial), ([(.stopped, false), (.stopped, true)], .partial),
            ([(.unknownTask, false)], .notFound), ([(.accepted, false)], .ok),
        ] as [([(StopItemResult, Bool)], CommandStatus)])
    func theExitStatusIsWhatTheTasksShare(results: [(StopItemResult, Bool)], status: CommandStatus) {
        let events = results.enumerated().map { event(String($0.offset), $0.element.0, undrained: $0.element.1) }
        #expect(tally(events).commandStatus == status)
    }

    /// A watch that leaves out what was final before must not say that all went well.
    @Test(
        arguments: [
            (BatchSummary(items: 2, stopped: 1, failed: 1), .partial), (BatchSummary(items: 2, stopped: 2), .ok),
            (BatchSummary(items: 2, stopped: 2, undrained: 1), .partial),
            (BatchSummary(items: 2, stopped: 1, alreadyStopped: 1, undrained: 2), .partial),
        ] as [(BatchSummary, CommandStatus)])
    func resultsThatWereNotToldCountAllTheSame(summary: BatchSummary, status: CommandStatus) {
        #expect(tally([event("a", .stopped), BatchStopEvent(summary: summary)]).commandStatus == status)
    }

    @Test func aWatchThatWasToldNothingSaysWhatTheSummarySays() {
        let summary = BatchSummary(items: 2, stopped: 1, alreadyStopped: 1, undrained: 2)
        #expect(tally([BatchStopEvent(summary: summary)]).commandStatus == .undrained)
    }
}
