import CutoverClient
import CutoverModel
import Testing

@testable import CutoverConsole
@testable import cutover

/// The smaller renderers.
@Suite struct LinesTests {
    private let style = TextStyle()

    @Test func actionsWithTheServersReasons() {
        let response = ListActionsResponse(
            status: .stopped,
            actions: [
                ActionAvailability(
                    action: .stopGraceful, available: false, reason: "TASK_STOPPED",
                    explanation: "The task was stopped for good, and a stopped task is never resumed. Create another."),
                ActionAvailability(action: .delete, available: true),
            ])
        #expect(
            ActionsRenderer(style: style).lines(response).text == """
                Status  STOPPED

                ✗ STOP_GRACEFUL  TASK_STOPPED: The task was stopped for good, and a stopped task
                                 is never resumed. Create another.
                ✓ DELETE         available
                """)
    }

    @Test func progressOfATask() {
        let renderer = TaskProgressRenderer(style: style)
        #expect(renderer.liveLine(Fixtures.copying) == "shop-eu  FULL_MIGRATION  ██████▋░░░░░░░░░ 42%, 12.4k rows/s")
        #expect(renderer.plainLine(Fixtures.copying) == "shop-eu  FULL_MIGRATION  40%")
        #expect(renderer.liveLine(Fixtures.following) == "crm  INCREMENTAL_MIGRATION  lag 2.1 s")
    }

    @Test func errorsSayWhatToDo() {
        let down = CutoverError(.unavailable, "connection refused")
        #expect(
            ErrorText.lines(down, subject: nil, address: "127.0.0.1:7450") == [
                "cutover: cannot reach the server at 127.0.0.1:7450: connection refused",
                "  Is cutoverd running there? --server or CUTOVER_ADDRESS names another address.",
            ])
        let refused = CutoverError(
            .rejected, "The task has ended.", reason: "TASK_STOPPED", details: [ErrorDetail(key: "task_id", value: "x")]
        )
        #expect(
            ErrorText.lines(refused, subject: "x", address: "a") == [
                "cutover: x: rejected: The task has ended. (TASK_STOPPED)", "  task_id: x",
            ])
    }

    @Test func aLostServerIsToldOnce() {
        let notice = ReconnectNotice(address: "h:1")
        let told = (0..<5).compactMap { _ in notice.attempt() }
        #expect(told == ["cutover: lost the server at h:1; looking for it for up to 1 m 00 s"])
    }

    @Test func aBlockIsDrawnOverItself() {
        var block = LiveBlock()
        #expect(block.erase().isEmpty)
        #expect(block.draw(["a", "b"], rows: 24) == "\u{1B}[2Ka\n\u{1B}[2Kb\n\u{1B}[J")
        #expect(block.draw(["c"], rows: 24) == "\u{1B}[2F\u{1B}[2Kc\n\u{1B}[J")
        #expect(block.erase() == "\u{1B}[1F\u{1B}[J")
        #expect(block.erase().isEmpty)
    }

    @Test func aBlockNeverExceedsTheScreen() {
        var block = LiveBlock()
        let drawn = block.draw((0..<50).map(String.init), rows: 10)
        #expect(drawn.count { $0 == "\n" } == 9)
    }

    @Test func bars() {
        let bar = ProgressBar(width: 10)
        #expect(bar.text(done: 0, total: 0, style: style) == "░░░░░░░░░░")
        #expect(bar.text(done: 55, total: 100, style: style) == "█████▌░░░░")
        #expect(bar.text(done: 200, total: 100, style: style) == "██████████")
        #expect(bar.text(done: .max, total: .max, style: TextStyle(usesUnicode: false)) == "[##########]")
        #expect(ProgressBar.percent(done: 999_999, total: 1_000_000) == " 99%")
        #expect(ProgressBar.percent(done: 2, total: 2) == "100%")
    }

    @Test func widths() {
        #expect(TextWidth.columns(of: "日本") == 4)
        #expect(TextWidth.cut("日本語", to: 5, style: style) == "日本…")
        #expect(TextWidth.cut("abcdef", to: 6, style: style) == "abcdef")
        #expect(TextWidth.cut("abcdef", to: 5, style: TextStyle(usesUnicode: false)) == "ab...")
        #expect(TextWidth.fold("a bb ccc overlongword d", to: 6) == ["a bb", "ccc", "overlongword", "d"])
    }

    @Test func coloursOnlyWhereTheyShow() {
        let task = MigrationTask(id: "i", name: "n", status: .startFailed)
        #expect(TaskLine.text(task, style: style) == "n  i  START_FAILED")
        #expect(
            TaskLine.text(task, style: TextStyle(usesColour: true))
                == "\u{1B}[1mn\u{1B}[0m  i  \u{1B}[31mSTART_FAILED\u{1B}[0m")
    }
}
