import CutoverModel
import Testing

@testable import CutoverConsole
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

    private func lines(_ stops: [FollowedStop], _ style: TextStyle = TextStyle(), rows: Int = 24) -> [String] {
        StopProgressRenderer(style: style).liveLines(stops, nowMs: Fixtures.startMs + 9_000, rows: rows)
    }

    @Test func theLiveViewShowsPhaseLagAndTimeLeft() {
        let lines = lines([FollowedStop(Fixtures.gracefulStop), draining])
        #expect(
            lines.text == """
                crm                      ●◐○○○○ draining  9 s
                  ███████████▍░░░░░░░░ lag 900 ms, 1.2k rows/s, about 3 s left
                  waiting for transaction 0-1-4711 on shop.orders, 41 s
                crm                      ●●●●●● stopped  5.1 s
                ██████████░░░░░░░░░░ 1 of 2 ended
                """)
    }

    @Test func asciiWhereTheLocaleHasNothingElse() {
        let style = TextStyle(usesUnicode: false)
        let lines = lines([draining], style)
        #expect(
            lines.text == """
                crm                      #+.... draining  9 s
                  [###########.........] lag 900 ms, 1.2k rows/s, about 3 s left
                  waiting for transaction 0-1-4711 on shop.orders, 41 s
                """)
        #expect(lines.allSatisfy { $0.allSatisfy(\.isASCII) })
    }

    @Test func manyStopsAreCounted() {
        let lines = lines([FollowedStop](repeating: draining, count: 30))
        #expect(lines.count == 23)
        #expect(
            lines.first
                == "crm              ●◐○○○○ draining  9 s  waiting for transaction 0-1-4711 on sho…")
        #expect(lines.dropLast().last == "and 9 more under way")
        #expect(lines.last == "░░░░░░░░░░░░░░░░░░░░ 0 of 30 ended")
    }

    @Test(arguments: [2, 3, 5, 8, 24, 60], [1, 2, 3, 7, 8, 22, 23, 24, 200])
    func theBlockFitsTheScreen(rows: Int, count: Int) {
        let lines = lines([FollowedStop](repeating: draining, count: count), rows: rows)
        #expect(lines.count <= max(1, rows - 1))
        #expect(lines.allSatisfy { TextWidth.columns(of: $0) < 80 })
    }

    @Test func theServersNumbersComeFirst() {
        var stop = Fixtures.gracefulStop
        stop.phase = .draining
        stop.endedAtMs = 0
        stop.phaseEtaMs = 12_400
        stop.drainDeadlineAtMs = Fixtures.startMs + 34_000
        stop.onDeadline = .stopUndrained
        var task = Fixtures.following
        task.progress?.backlogTransactions = 4_000
        task.progress?.transactionsPerSecond = 310
        var followed = FollowedStop(stop)
        followed.observe(WatchEvent(task: task, stop: stop), nowMs: Fixtures.startMs)
        task.progress?.backlogTransactions = 1_000
        followed.observe(WatchEvent(task: task, stop: stop), nowMs: Fixtures.startMs + 1_000)
        #expect(
            lines([followed]).text == """
                crm                      ●◐○○○○ draining  9 s
                  ███████████████░░░░░ lag 2.1 s, 1.0k transactions behind, 310/s, about 12 s …
                  drain deadline in 25 s, then the task stops undrained
                """)
    }

    @Test func aStopThatWaitsForARepair() {
        var stop = Fixtures.gracefulStop
        stop.phase = .waiting
        stop.endedAtMs = 0
        #expect(lines([FollowedStop(stop)]).text == "crm                      ○○○○○○ waiting for a repair to end  9 s")
    }

    @Test func thePlainLine() {
        #expect(
            StopProgressRenderer(style: TextStyle()).plainLine(draining)
                == "crm  draining, lag 900 ms, 1.2k rows/s, about 3 s left: waiting for transaction 0-1-4711 on shop.orders, 41 s"
        )
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
        var withdrawn = stop
        withdrawn.phase = .withdrawn
        withdrawn.withdrawnBy = "cutover"
        withdrawn.withdrawnReason = "the drain deadline of 30 s has passed"
        #expect(
            renderer.endLine(withdrawn)
                == "! crm: the stop was withdrawn by cutover (the drain deadline of 30 s has passed); the task runs on")
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
