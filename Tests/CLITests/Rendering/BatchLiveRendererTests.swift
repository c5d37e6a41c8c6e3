import CutoverModel
import Testing

@testable import CutoverConsole
@testable import cutover

@Suite struct BatchLiveRendererTests {
    private func tally(_ results: [(StopItemResult, Int)], running: Int, of items: UInt32) -> BatchTally {
        var tally = BatchTally()
        _ = tally.take(BatchStopEvent(accepted: BatchAccepted(batchId: "b", items: items)))
        for (result, count) in results {
            for number in 0..<count {
                _ = tally.take(
                    BatchStopEvent(item: BatchItem(taskId: "\(result.name)\(number)", result: result, final: true)))
            }
        }
        for number in 0..<running {
            _ = tally.take(BatchStopEvent(item: BatchItem(taskId: "r\(number)", result: .accepted)))
        }
        return tally
    }

    private func running(_ count: Int) -> [FollowedStop] {
        (0..<count).map { number in
            var stop = Fixtures.gracefulStop
            stop.id = "s\(number)"
            stop.taskName = "shop-\(number)"
            stop.phase = .draining
            stop.endedAtMs = 0
            stop.blocker = number == 0 ? "waiting for transaction 0-1-4711 on shop.orders, 41 s" : ""
            return FollowedStop(stop)
        }
    }

    @Test func countsAndWhatIsCarriedOut() {
        let tally = tally([(.stopped, 12), (.rejected, 3), (.failed, 1)], running: 2, of: 40)
        let lines = BatchLiveRenderer(style: TextStyle()).lines(
            tally, running(2), nowMs: Fixtures.startMs + 9_000, rows: 24)
        #expect(
            lines.text == """
                ████████░░░░░░░░░░░░ 40%  16 of 40 ended
                12 stopped, 2 in progress, 22 waiting, 3 rejected, 1 failed
                shop-0                   ●◐○○○○ draining  9 s
                  waiting for transaction 0-1-4711 on shop.orders, 41 s
                shop-1                   ●◐○○○○ draining  9 s
                """)
    }

    @Test func beforeTheServerAnswers() {
        #expect(
            BatchLiveRenderer(style: TextStyle()).lines(BatchTally(), [], nowMs: 0, rows: 24)
                == ["Waiting for the server ..."])
    }

    @Test(arguments: [4, 10, 24], [0, 1, 5, 40])
    func theBlockFitsTheScreen(rows: Int, count: Int) {
        let tally = tally(
            [(.stopped, 5), (.alreadyStopped, 5), (.rejected, 5), (.unknownTask, 5), (.withdrawn, 5), (.failed, 5)],
            running: count, of: 123_456)
        for style in [TextStyle(), TextStyle(columns: 40), TextStyle(usesUnicode: false)] {
            let lines = BatchLiveRenderer(style: style).lines(
                tally, running(count), nowMs: Fixtures.startMs, rows: rows)
            #expect(lines.count <= max(rows - 1, 5))
            #expect(lines.allSatisfy { TextWidth.columns(of: $0) <= style.columns }, "\(lines.text)")
        }
    }

    @Test func coloursDoNotChangeTheLines() {
        let tally = tally([(.stopped, 5), (.rejected, 5), (.failed, 5)], running: 3, of: 100)
        let plain = BatchLiveRenderer(style: TextStyle()).lines(tally, running(3), nowMs: 0, rows: 24)
        let painted = BatchLiveRenderer(style: TextStyle(usesColour: true)).lines(tally, running(3), nowMs: 0, rows: 24)
        #expect(painted != plain)
        #expect(painted.map { $0.replacing(/\u{1B}\[[0-9]+m/, with: "") } == plain)
    }
}
