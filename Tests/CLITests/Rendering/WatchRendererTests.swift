import CutoverModel
import Testing

@testable import CutoverConsole
@testable import cutover

@Suite struct WatchRendererTests {
    private let narrow = WatchRenderer(style: TextStyle())
    private let pipe = WatchRenderer(style: TextStyle(columns: TextStyle.unboundColumns))

    @Test func aChange() {
        let change = TaskEvent(
            from: .starting, to: .fullMigration, actor: "alice", atMs: Fixtures.startMs, action: "start")
        let event = WatchEvent(event: change, task: Fixtures.copying, kind: .change)
        #expect(narrow.lines(event, nowMs: 0) == ["07:00:04  shop-eu  STARTING → FULL_MIGRATION  start by alice"])
        #expect(
            pipe.lines(event, nowMs: 0)
                == ["07:00:04  shop-eu  \(Fixtures.copying.id)  STARTING → FULL_MIGRATION  start by alice"])
    }

    /// A change that leaves the status alone, and a task's first.
    @Test(arguments: [TaskStatus.fullMigration, .unspecified]) func aChangeOfOneStatusNamesItOnce(_ from: TaskStatus) {
        let change = TaskEvent(
            from: from, to: .fullMigration, actor: "cutover", atMs: Fixtures.startMs, action: "worker.starting")
        #expect(
            narrow.lines(WatchEvent(event: change, task: Fixtures.copying, kind: .change), nowMs: 0)
                == ["07:00:04  shop-eu  FULL_MIGRATION  worker.starting by cutover"])
    }

    @Test func aTaskAsItStandsAndItsProgress() {
        #expect(
            narrow.lines(WatchEvent(task: Fixtures.copying, kind: .present), nowMs: Fixtures.startMs).text == """
                07:00:04  shop-eu  0b6f3d52-9f0e-4c3a-8f5e-1d2c3b4a5e6f  FULL_MIGRATION
                          42%, 12.4k rows/s
                """)
        var task = Fixtures.following
        task.progress?.backlogTransactions = 12_345
        task.progress?.transactionsPerSecond = 310
        task.progress?.etaMs = 39_900
        task.progress?.blocker = "waiting for transaction 0-1-4711 on shop.orders, 41 s"
        let event = WatchEvent(task: task, kind: .progress)
        #expect(
            pipe.lines(event, nowMs: Fixtures.startMs) == [
                "07:00:04  crm  \(task.id)  INCREMENTAL_MIGRATION  lag 2.1 s, 12.3k transactions behind, 310/s, "
                    + "about 39 s left: waiting for transaction 0-1-4711 on shop.orders, 41 s"
            ])
        #expect(
            narrow.lines(event, nowMs: Fixtures.startMs).text == """
                07:00:04  crm  INCREMENTAL_MIGRATION
                          lag 2.1 s, 12.3k transactions behind, 310/s, about 39 s left: waiting
                          for transaction 0-1-4711 on shop.orders, 41 s
                """)
        #expect(narrow.lines(WatchEvent(kind: .progress), nowMs: 0).isEmpty)
    }

    /// No word is cut by the edge of the screen, however long the name.
    @Test(arguments: [10, 30, 60]) func aLongNameTakesMoreLines(_ length: Int) {
        var task = Fixtures.following
        task.name = String(repeating: "n", count: length)
        let event = WatchEvent(task: task, kind: .present)
        for usesColour in [false, true] {
            let lines = WatchRenderer(style: TextStyle(usesColour: usesColour)).lines(event, nowMs: Fixtures.startMs)
                .map { $0.replacing(/\u{1B}\[[0-9]+m/, with: "") }
            #expect(lines.allSatisfy { TextWidth.columns(of: $0) <= 80 }, "\(lines.text)")
            let words = lines.joined(separator: " ").split(separator: " ")
            #expect(words.contains("INCREMENTAL_MIGRATION") && words.contains(Substring(task.id)))
            #expect(lines.dropFirst().allSatisfy { $0.hasPrefix("          ") })
        }
    }

    @Test func coloursDoNotChangeTheLines() {
        var task = Fixtures.following
        task.progress?.blocker = "waiting for a lock"
        for kind in [WatchKind.present, .progress] {
            let event = WatchEvent(task: task, kind: kind)
            let painted = WatchRenderer(style: TextStyle(usesColour: true)).lines(event, nowMs: Fixtures.startMs)
            #expect(
                painted.map { $0.replacing(/\u{1B}\[[0-9]+m/, with: "") }
                    == narrow.lines(event, nowMs: Fixtures.startMs))
        }
    }

    @Test func aTaskThatIsBeingStopped() {
        var task = Fixtures.following
        task.status = .stopping
        var stop = Fixtures.gracefulStop
        stop.phase = .migratingTriggers
        stop.blocker = "a metadata lock on shop.orders"
        #expect(
            narrow.lines(WatchEvent(task: task, stop: stop, kind: .progress), nowMs: Fixtures.startMs)
                == ["07:00:04  crm  STOPPING moving triggers", "          lag 2.1 s: a metadata lock on shop.orders"])
    }

    @Test func aBatchThatChanged() {
        let change = TaskEvent(actor: "alice", atMs: Fixtures.startMs, action: "batch.finished", batchId: "b")
        #expect(
            narrow.lines(WatchEvent(event: change, kind: .change, batch: Fixtures.batch), nowMs: 0).text == """
                07:00:04  batch b  batch.finished by alice
                          FINISHED 3 tasks: 2 stopped, 1 failed
                """)
    }

    @Test func aFailedTaskSaysWhy() {
        #expect(
            pipe.lines(WatchEvent(task: Fixtures.broken, kind: .present), nowMs: Fixtures.startMs).text.hasSuffix(
                "INCREMENTAL_MIGRATION_FAILED  POSITION_LOST: The source has purged binlogs that are still needed. "
                    + "Stop the task."))
    }

    private func watched(_ tasks: [MigrationTask]) -> WatchedTasks {
        var watched = WatchedTasks()
        for (number, task) in tasks.enumerated() {
            watched.take(WatchEvent(task: task, taskId: "\(number)", kind: .present))
        }
        return watched
    }

    @Test func theTable() {
        let lines = WatchTableRenderer(style: TextStyle()).lines(
            watched([Fixtures.copying, Fixtures.following, Fixtures.broken]), nowMs: 0, rows: 24)
        #expect(
            lines.text == """
                shop-eu               FULL_MIGRATION                42%, 12.4k rows/s
                crm                   INCREMENTAL_MIGRATION         lag 2.1 s
                a task with a rathe…  INCREMENTAL_MIGRATION_FAILED
                  POSITION_LOST: The source has purged binlogs that are still needed. Stop the…
                """)
        #expect(WatchTableRenderer(style: TextStyle()).lines(WatchedTasks(), nowMs: 0, rows: 24) == ["No tasks."])
    }

    @Test(arguments: [3, 5, 24], [1, 2, 3, 30])
    func theTableFitsTheScreen(rows: Int, count: Int) {
        let tasks = (0..<count).map { $0 % 2 == 0 ? Fixtures.broken : Fixtures.copying }
        for columns in [40, 80] {
            let lines = WatchTableRenderer(style: TextStyle(columns: columns)).lines(
                watched(tasks), nowMs: 0, rows: rows)
            #expect(lines.count < max(rows, 3))
            #expect(columns == 40 || lines.allSatisfy { TextWidth.columns(of: $0) < columns }, "\(lines.text)")
        }
    }
}
