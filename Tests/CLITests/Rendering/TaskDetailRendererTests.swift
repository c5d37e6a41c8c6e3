import CutoverModel
import Testing

@testable import CutoverConsole
@testable import cutover

@Suite struct TaskDetailRendererTests {
    @Test func showsEverythingOfATask() {
        var task = Fixtures.copying
        task.spec = Fixtures.spec
        task.preCheck = Fixtures.report
        #expect(
            TaskDetailRenderer(style: TextStyle()).lines(task).text == """
                Task        shop-eu
                Id          0b6f3d52-9f0e-4c3a-8f5e-1d2c3b4a5e6f
                Status      FULL_MIGRATION
                Labels      team=shop
                Created     2026-11-23 07:00:04 UTC
                Started     2026-11-23 07:01:04 UTC

                Progress
                  Copy      ████████▍░░░░░░░░░░░ 840,000 of about 2,000,000 rows
                  Copied    700.0 MiB
                  Tables    4 of 12
                  Rate      12,400 rows/s, 9.0 MiB/s
                  Snapshot  0-1-4711

                Specification
                  From       cutover@db1.example:3306
                  To         root@/run/mysqld/mysqld.sock
                  Databases  shop, crm
                  Without    shop.sessions
                  Kind       FULL_AND_INCREMENTAL
                  Copiers    4
                  Chunk      8.0 MiB

                Pre-check  1 error, 1 note
                  Source       11.4.2-MariaDB
                  Destination  11.8.1-MariaDB
                  Size         12 tables, about 2,000,000 rows, 1.5 GiB
                  Objects      3 triggers, 1 event
                  ERROR    BINLOG_FORMAT_NOT_ROW  source
                           binlog_format is MIXED, so changes cannot be followed row by row.
                           Set binlog_format=ROW at the source and reconnect its clients.
                  NOTE     EVENT_DISABLED  shop.purge
                           The event is disabled.
                """)
    }

    @Test func foldsAFailureUnderItsColumn() {
        #expect(
            TaskDetailRenderer(style: TextStyle()).lines(Fixtures.broken).text == """
                Task        a task with a rather long name for one line
                Id          9a9a9a9a-2222-4333-8444-555566667777
                Status      INCREMENTAL_MIGRATION_FAILED
                Failure     POSITION_LOST: The source has purged binlogs that are still needed.
                            Stop the task.
                Failed at   2026-11-23 07:00:04 UTC
                Created     2026-11-23 07:00:04 UTC
                """)
    }

    @Test func aRepairShowsItsAttempts() {
        let task = MigrationTask(
            status: .faultRectification, repairRunning: true, repairAttempts: 2, repairAttemptsLimit: 10,
            previousStatus: .incrementalMigration)
        #expect(
            TaskDetailRenderer(style: TextStyle()).lines(task).contains(
                "Status      FAULT_RECTIFICATION, was INCREMENTAL_MIGRATION; attempt 2 of 10 is"))
    }

    @Test(arguments: [
        (DatabaseEndpoint(host: "::1", port: 3307), "[::1]:3307"),
        (DatabaseEndpoint(host: "db", user: "u", password: "secret"), "u@db"),
        (DatabaseEndpoint(unixSocket: "/run/x.sock"), "/run/x.sock"),
    ])
    func anEndpointNeverShowsItsPassword(endpoint: DatabaseEndpoint, text: String) {
        #expect(TaskDetailRenderer.endpointText(endpoint) == text)
    }
}
