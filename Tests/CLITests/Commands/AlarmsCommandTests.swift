import CutoverModel
import Testing

@testable import CutoverConsole
@testable import cutover

@Suite struct AlarmsCommandTests {
    private static let startMs = Fixtures.startMs

    private let alarms = [
        Alarm(
            id: "a1", kind: .sourceUnreachable, taskId: Fixtures.following.id,
            message:
                "The source db1.example:3306 has not answered for 2 m 10 s. Look at the network and the server; the task goes on by itself once it answers.",
            raisedAtMs: startMs, repeatedAtMs: startMs + 600_000, count: 3, taskName: "crm", change: 9),
        Alarm(
            id: "a2", kind: .lagHigh, taskId: Fixtures.broken.id, message: "The destination is 10 m behind.",
            raisedAtMs: startMs, clearedAtMs: startMs + 60_000, count: 1, taskName: "shop-eu",
            clearedReason: "lag is back to 2 s", change: 8),
        Alarm(
            id: "a3", kind: .stopStuck, taskId: "t3", message: "x\u{1B}[2J\ny", raisedAtMs: startMs, count: 1,
            taskName: "\u{202E}名前の長い移行タスクという名前の長い移行タスク", change: 7),
    ]

    @Test func theTableReadsWellAtEightyColumns() {
        let lines = AlarmListRenderer(style: TextStyle()).lines(alarms)
        #expect(
            lines.text == """
                RAISED                   ALARM               TASK                          TIMES
                2026-11-23 07:00:04 UTC  SOURCE_UNREACHABLE  crm                               3
                    The source db1.example:3306 has not answered for 2 m 10 s. Look at the
                    network and the server; the task goes on by itself once it answers.
                    last said 2026-11-23 07:10:04 UTC
                2026-11-23 07:00:04 UTC  LAG_HIGH            shop-eu                           1
                    The destination is 10 m behind.
                    cleared 2026-11-23 07:01:04 UTC: lag is back to 2 s
                2026-11-23 07:00:04 UTC  STOP_STUCK          ?名前の長い移行タスクという…      1
                    x?[2J y
                """)
        #expect(lines.allSatisfy { TextWidth.columns(of: $0) <= 80 })
    }

    @Test func theOptionsReachTheServer() async throws {
        let services = FakeRecords(alarms: alarms)
        let run = try await services.run(
            ["alarms", "--all", "--task", "t", "--kind", "lag-high", "--kind", "STOP_STUCK", "-o", "json"])
        #expect(run.status == 0)
        #expect(run.output.contains("\"cleared_reason\": \"lag is back to 2 s\""))
        // All pages were asked for.
        #expect(run.output.contains("\"id\": \"a3\""))
        #expect(
            services.alarmLists == [
                ListAlarmsRequest(
                    includeCleared: true, taskId: "t", kinds: [.lagHigh, .stopStuck], pageSize: 1000),
                ListAlarmsRequest(
                    includeCleared: true, taskId: "t", kinds: [.lagHigh, .stopStuck], pageSize: 998, pageToken: "2"),
            ])
    }

    @Test func moreThanTheLimitIsSaid() async throws {
        let run = try await FakeRecords(alarms: alarms).run(["alarms", "--limit", "2"])
        #expect(run.errors == "There are more alarms than these 2: --limit shows more.\n")
        #expect(try await FakeRecords().run(["alarms"]).output == "No alarms.\n")
    }

    @Test(arguments: [["--kind", "fire"], ["--limit", "0"], ["--watch", "--all"]])
    func wrongUseIsSaid(arguments: [String]) async throws {
        #expect(await FakeServices.run(["alarms"] + arguments, address: "unix:/nonexistent/s").status == 64)
    }

    @Test func theWatchPrintsALineForEachChange() async throws {
        let services = FakeRecords(alarms: alarms)
        let run = try await services.run(["alarms", "--watch", "--task", "t"])
        #expect(services.alarmWatches == [WatchAlarmsRequest(taskId: "t")])
        #expect(
            run.output == """
                07:10:04  repeated  SOURCE_UNREACHABLE  crm
                    The source db1.example:3306 has not answered for 2 m 10 s. Look at the
                    network and the server; the task goes on by itself once it answers.
                07:01:04  cleared   LAG_HIGH  shop-eu
                    lag is back to 2 s
                07:00:04  raised    STOP_STUCK  ?名前の長い移行タスクという名前の長い移行タスク
                    x?[2J y

                """)
        // The server's refusal ends the watch of this test.
        #expect(run.status == 2)
        let json = try await services.run(["alarms", "--watch", "-o", "json"])
        #expect(json.output.split(separator: "\n").count == 3)
    }

    @Test func aServerThatIsNotThereIsToldAtOnce() async {
        #expect(await FakeServices.run(["alarms", "--watch"], address: "unix:/nonexistent/s").status == 6)
    }
}
