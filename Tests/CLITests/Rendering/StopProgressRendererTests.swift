import CutoverModel
import Testing

@testable import cutover

@Suite struct StopProgressRendererTests {
    /// A stop that has drained from 2.1 s to 0.9 s of lag in 4 seconds.
    private var draining: FollowedStop {
        var stop = Fixtures.gracefulStop
        stop.phase = .draining
        stop.endedAtMs = 0
        stop.blocker = "waiting for transaction 0-1-4711 on shop.orders, 41 s"
        var followed = FollowedStop(stop)
        followed.observe(WatchEvent(task: Fixtures.following, stop: stop), nowMs: Fixtures.startMs)
        var later = Fixtures.following
        later.progress?.lagMs = 900
        later.progress?.rowsPerSecond = 1_234
        later.progress?.bytesPerSecond = 1 << 20
        followed.observe(WatchEvent(task: later, stop: stop), nowMs: Fixtures.startMs + 4_000)
        return followed
    }

    @Test func theLiveViewShowsPhaseLagAndTimeLeft() {
        let lines = StopProgressRenderer(style: TextStyle()).liveLines(
            [FollowedStop(Fixtures.gracefulStop), draining], nowMs: Fixtures.startMs + 9_000)
        #expect(
            lines.text == """
                crm                      ●◐○○○○ draining  9 s
                  ███████████▍░░░░░░░░ lag 900 ms, 1.2k rows/s, 1.0 MiB/s, about 3 s left
                  waiting for transaction 0-1-4711 on shop.orders, 41 s
                crm                      ●●●●●● stopped  5.1 s
                ██████████░░░░░░░░░░ 1 of 2 ended
                """)
    }

    @Test func asciiWhereTheLocaleHasNothingElse() {
        let style = TextStyle(usesUnicode: false)
        let lines = StopProgressRenderer(style: style).liveLines([draining], nowMs: Fixtures.startMs + 9_000)
        #expect(
            lines.text == """
                crm                      #+.... draining  9 s
                  [###########.........] lag 900 ms, 1.2k rows/s, 1.0 MiB/s, about 3 s left
                  waiting for transaction 0-1-4711 on shop.orders, 41 s
                """)
        #expect(lines.allSatisfy { $0.allSatisfy(\.isASCII) })
    }

    @Test func manyStopsAreCounted() {
        let stops = [FollowedStop](repeating: draining, count: 20)
        let lines = StopProgressRenderer(style: TextStyle()).liveLines(stops, nowMs: Fixtures.startMs)
        #expect(lines.contains("and 8 more"))
        #expect(lines.last == "░░░░░░░░░░░░░░░░░░░░ 0 of 20 ended")
    }

    @Test func thePlainLine() {
        #expect(
            StopProgressRenderer(style: TextStyle()).plainLine(draining)
                == "crm  draining, lag 900 ms: waiting for transaction 0-1-4711 on shop.orders, 41 s")
    }

    @Test func howAStopEnded() {
        let renderer = StopProgressRenderer(style: TextStyle())
        #expect(renderer.endLine(Fixtures.gracefulStop) == "✓ crm: stopped after 5.1 s")
        var stop = Fixtures.gracefulStop
        stop.drained = false
        #expect(
            renderer.endLine(stop)
                == "! crm: stopped after 5.1 s, NOT drained; see `cutover receipt 5c1d7a90-1111-4222-8333-444455556666`"
        )
        stop.phase = .failed
        stop.failure = TaskFailure(code: "DRAIN_MISSED", message: "The drain ended too early.")
        #expect(renderer.endLine(stop) == "✗ crm: the stop could not finish: DRAIN_MISSED: The drain ended too early.")
    }

    @Test func anotherStopOfTheTaskChangesNothing() {
        var followed = draining
        var other = Fixtures.gracefulStop
        other.id = "another"
        followed.observe(WatchEvent(task: Fixtures.following, stop: other), nowMs: 0)
        #expect(followed.stop.phase == .draining)
    }

    @Test func aDeletedTaskEndsTheWait() {
        var followed = draining
        #expect(!followed.hasEnded)
        followed.observe(WatchEvent(event: TaskEvent(action: "deleted")), nowMs: 0)
        #expect(followed.hasEnded)
    }
}
