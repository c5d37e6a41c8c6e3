import CutoverModel
import Testing

@testable import CutoverClient

@Suite struct BatchProgressTests {
    private static let uuid = "0b6f3d52-9f0e-4c3a-8f5e-1d2c3b4a5e6f"

    private func item(
        _ id: String, _ result: StopItemResult, status: TaskStatus = .stopping, isFinal: Bool = false
    ) -> BatchStopEvent {
        BatchStopEvent(item: BatchItem(taskId: id, result: result, status: status, final: isFinal))
    }

    /// Which of the messages are new.
    private func taken(_ events: [BatchStopEvent]) -> [Bool] {
        var progress = BatchProgress(.stop(BatchStopRequest()))
        return events.map { progress.take($0) }
    }

    /// Ids that are no UUIDs are told apart as well as those that are.
    @Test(arguments: [uuid, "not a uuid", uuid.uppercased()])
    func aResultIsToldOnceUnlessItChanged(id: String) {
        let accepted = item(id, .accepted)
        let stopped = item(id, .stopped, isFinal: true)
        let taken = taken([
            accepted, accepted, item(id, .accepted, status: .stopFailed), item("another", .accepted), stopped, stopped,
            // What was final stays so: the stream of a batch that is taken up again begins with earlier results.
            accepted,
        ])
        #expect(taken == [true, false, true, true, true, false, false])
    }

    @Test func theBatchIsAnnouncedOnceAndEndsWithItsSummary() {
        let taken = taken([
            BatchStopEvent(accepted: BatchAccepted(batchId: "b")),
            BatchStopEvent(accepted: BatchAccepted(batchId: "b", resumed: true)),
            BatchStopEvent(summary: BatchSummary()),
        ])
        #expect(taken == [true, false, true])
        var progress = BatchProgress(.watch(WatchBatchStopRequest(batchId: "b")))
        #expect(!progress.isComplete)
        _ = progress.take(BatchStopEvent(summary: BatchSummary()))
        #expect(progress.isComplete)
    }
}
