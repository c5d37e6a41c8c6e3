import CutoverModel
import Testing

@testable import cutover

@Suite struct BatchBoardTests {
    private func event(_ id: String, _ phase: StopPhase, blocker: String = "") -> WatchEvent {
        var stop = Fixtures.gracefulStop
        stop.id = "stop-\(id)"
        stop.taskId = id
        stop.phase = phase
        stop.blocker = blocker
        return WatchEvent(task: Fixtures.following, stop: stop, taskId: id)
    }

    @Test func followsWhatIsCarriedOutAndLetsGoOfWhatHasEnded() async {
        let board = BatchBoard()
        #expect(await board.take(event("a", .draining), nowMs: 0)?.stop.phase == .draining)
        #expect(await board.take(event("a", .draining), nowMs: 0) == nil)
        #expect(await board.take(event("a", .draining, blocker: "a lock"), nowMs: 0)?.stop.blocker == "a lock")
        #expect(await board.take(event("b", .releasing), nowMs: 0) != nil)
        #expect(await board.stops.map(\.stop.taskId) == ["a", "b"])
        #expect(await board.take(event("a", .withdrawn), nowMs: 0)?.hasEnded == true)
        #expect(await board.stops.map(\.stop.taskId) == ["b"])
        _ = await board.take(BatchStopEvent(item: BatchItem(taskId: "b", result: .stopped, final: true)))
        #expect(await board.stops.isEmpty)
    }

    @Test func aListingThatBeginsAnewForgetsWhatWasHeld() async {
        let board = BatchBoard()
        _ = await board.take(event("a", .draining), nowMs: 0)
        _ = await board.take(WatchEvent(kind: .relist), nowMs: 0)
        #expect(await board.stops.isEmpty)
    }

    @Test func tooManyAreNotHeld() async {
        let board = BatchBoard()
        for number in 0...BatchBoard.runningLimit { _ = await board.take(event(String(number), .draining), nowMs: 0) }
        #expect(await board.stops.count == BatchBoard.runningLimit)
    }
}
