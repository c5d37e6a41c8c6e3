import CutoverModel
import Testing

@testable import CutoverConsole
@testable import cutover

@Suite struct BatchRendererTests {
    private let terminal = BatchRenderer(style: TextStyle())
    private let pipe = BatchRenderer(style: TextStyle(columns: TextStyle.unboundColumns))

    private let refused = BatchItem(
        taskId: "5c1d7a90-1111-4222-8333-444455556666", result: .rejected, status: .configuration,
        error: ErrorInfo(
            message: "The configuration failed, so correct it or delete the task.", reason: "CONFIGURATION_FAILED"),
        taskName: "a task with a rather long name")

    @Test func theBatch() {
        #expect(
            terminal.line(BatchAccepted(batchId: "b", items: 3, duplicates: 1, resumed: true))
                == "Batch b: 3 tasks, 1 duplicate id left out (accepted before)")
        #expect(terminal.line(BatchAccepted(items: 2, dryRun: true)) == "Dry run, nothing is changed: 2 tasks")
    }

    @Test func aResultIsOneLineInAPipe() {
        #expect(
            pipe.lines(refused) == [
                "  rejected         5c1d7a90-1111-4222-8333-444455556666  a task with a rather long name  CONFIGURATION: "
                    + "The configuration failed, so correct it or delete the task. (CONFIGURATION_FAILED)"
            ])
    }

    @Test func aResultIsFoldedOnATerminal() {
        #expect(
            terminal.lines(refused).text == """
                  rejected         5c1d7a90-1111-4222-8333-444455556666  a task with a rather l…
                                   CONFIGURATION: The configuration failed, so correct it or
                                   delete the task. (CONFIGURATION_FAILED)
                """)
    }

    @Test func whatIsForcedOrNotDrainedShows() {
        let forced = BatchItem(taskId: "y", result: .alreadyStopped, status: .stopped, modeTaken: .forced)
        #expect(terminal.lines(forced) == ["  already stopped  y  BY FORCE"])
        let undrained = BatchItem(taskId: "y", result: .stopped, taskName: "n", undrained: true)
        #expect(terminal.lines(undrained) == ["  not drained      y  n"])
    }

    @Test func theNameTakesTheRoomThatIsThere() {
        var forced = refused
        forced.modeTaken = .forced
        for item in [refused, forced] { #expect(terminal.lines(item).first?.count == 80) }
        #expect(terminal.lines(forced).first?.hasSuffix("  a task with …  BY FORCE") == true)
    }

    @Test func theCounts() {
        #expect(
            terminal.line(BatchSummary(items: 3000, stopped: 2998, rejected: 2))
                == "3,000 tasks: 2,998 stopped, 2 rejected")
        #expect(
            terminal.line(BatchSummary(items: 4, withdrawn: 1, notAttempted: 2, pending: 1))
                == "4 tasks: 1 waiting, 1 withdrawn, 2 not attempted")
        #expect(terminal.line(BatchSummary()) == "0 tasks")
    }

    @Test func theListFitsTheLine() {
        let lines = BatchListRenderer(style: TextStyle()).lines([Fixtures.batch])
        #expect(
            lines.text == """
                ID                                    STATE     TASKS  ENDED  PROBLEMS
                88888888-0000-4000-8000-000000000001  FINISHED      3      3         1
                """)
        #expect(BatchListRenderer(style: TextStyle()).lines([]) == ["No batches."])
    }

    @Test func theBatchInFull() {
        let failed = BatchItem(
            taskId: "x", result: .failed, status: .stopFailed,
            error: ErrorInfo(message: "The destination is gone.", reason: "DESTINATION_UNREACHABLE"))
        #expect(
            BatchDetailRenderer(style: TextStyle()).lines(Fixtures.batch, problems: [failed]).text == """
                BATCH  88888888-0000-4000-8000-000000000001  FINISHED
                ────────────────────────────────────────────────────────────────────────────────
                By         alice
                Reason     the shop moves
                Named      2 tasks, 1 duplicate id left out
                Selected   label team=shop
                Terms      AUTO; drain within 30 s, then the stop is withdrawn and the task runs
                           on; at most 10 at a time
                Begun      2026-11-23 07:00:04 UTC
                Ended      2026-11-23 07:01:09 UTC, after 1 m 05 s
                Results    3 tasks: 2 stopped, 1 failed

                Not stopped
                  failed           x
                                   STOP_FAILED: The destination is gone.
                                   (DESTINATION_UNREACHABLE)
                """)
    }

    @Test func namesFromOutsideAreHarmless() {
        let item = BatchItem(
            taskId: "x\u{1B}[2J", result: .failed, error: ErrorInfo(message: "a\u{7}\nb", reason: ""),
            taskName: "\u{202E}evil")
        let text = (terminal.lines(item) + pipe.lines(item)).text
        #expect(!text.unicodeScalars.contains { $0.value == 0x1B || $0.value == 7 || $0.value == 0x202E })
    }
}
