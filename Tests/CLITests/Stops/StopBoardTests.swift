import CutoverModel
import Testing

@testable import cutover

@Suite struct StopBoardTests {
    private var draining: Stop {
        var stop = Fixtures.gracefulStop
        stop.phase = .draining
        return stop
    }

    /// A stop may be withdrawn and the task stopped anew while the connection was lost.
    @Test func aStopThatAnotherTookThePlaceOfIsNamed() async {
        let board = StopBoard([draining])
        var other = Fixtures.gracefulStop
        other.id = "another"
        let event = WatchEvent(task: Fixtures.following, stop: other, taskId: Fixtures.following.id)
        #expect(await board.replacedStop(by: event) == Fixtures.gracefulStop.id)
        var withdrawn = draining
        withdrawn.phase = .withdrawn
        await board.take(withdrawn)
        #expect(await board.haveEnded)
        #expect(await board.replacedStop(by: event) == nil)
    }

    @Test func aWithdrawnStopHasEnded() async {
        let board = StopBoard([draining])
        #expect(await !board.haveEnded)
        var withdrawn = draining
        withdrawn.phase = .withdrawn
        let event = WatchEvent(task: Fixtures.following, stop: withdrawn, taskId: Fixtures.following.id)
        #expect(await board.take(event, nowMs: 0)?.stop.phase == .withdrawn)
        #expect(await board.haveEnded)
    }
}
