import CutoverModel
import Testing

@testable import CutoverConsole
@testable import cutover

@Suite struct ReceiptRendererTests {
    private let response = StopTaskResponse(
        result: .stopped, stop: Fixtures.gracefulStop, receipt: Fixtures.receipt, status: .stopped)

    @Test func readsWellAtEightyColumns() {
        let lines = ReceiptRenderer(style: TextStyle()).lines(response)
        #expect(
            lines.text == """
                RECEIPT  crm  STOPPED
                ────────────────────────────────────────────────────────────────────────────────
                Task        5c1d7a90-1111-4222-8333-444455556666
                Stop        77777777-0000-4000-8000-000000000001
                Request     77777777-0000-4000-8000-00000000000a
                By          alice
                Reason      cut-over of crm
                Mode        GRACEFUL, asked AUTO: the task is healthy
                Before      INCREMENTAL_MIGRATION
                Accepted    2026-11-23 07:00:04 UTC
                Ended       2026-11-23 07:00:09 UTC, after 5.1 s

                Data
                  Drained    yes: the destination has reached the requested position
                  Copied     1,234,567 rows
                  Followed   34,600 rows in 1,210 transactions

                Positions
                  REQUESTED  RECEIVED  APPLIED
                  0-1-5000   0-1-5000  0-1-5000

                Phases
                  ACCEPTED            07:00:04      12 ms
                  DRAINING            07:00:04      3.2 s
                  MIGRATING_TRIGGERS  07:00:07     788 ms
                  MIGRATING_EVENTS    07:00:08     500 ms
                  RELEASING           07:00:08     600 ms
                  STOPPED             07:00:09

                Objects: 1 failed, 1 created
                  KIND     NAME                     RESULT
                  trigger  crm.orders_ai on orders  created
                  event    crm.purge                failed
                      1419: You do not have the SUPER privilege

                Resources
                  ✓ source binlog dump connection released
                  ✗ checkpoint table left behind: kept to fence older workers

                Left to do by hand (residue)
                  -- event crm.purge
                  CREATE EVENT purge ON SCHEDULE EVERY 1 DAY DO DELETE FROM log;

                Audit log
                  Record     17: stopped, 2026-11-23 07:00:09 UTC, by alice
                  SHA-256    3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f
                  After      9b9b9b9b9b9b9b9b9b9b9b9b9b9b9b9b9b9b9b9b9b9b9b9b9b9b9b9b9b9b9b9b
                  `cutover audit verify --head RECORD:SHA-256` finds a record again.
                """)
        #expect(lines.allSatisfy { TextWidth.columns(of: $0) <= 80 })
    }

    @Test func aStopOnItsWayIsNoReceipt() {
        var stop = Fixtures.gracefulStop
        stop.phase = .draining
        stop.phases = Array(stop.phases.prefix(2))
        stop.phases[1].endedAtMs = 0
        stop.endedAtMs = 0
        stop.drained = false
        let lines = ReceiptRenderer(style: TextStyle()).lines(
            StopTaskResponse(result: .inProgress, stop: stop, status: .stopping))
        #expect(lines.first == "STOP  crm  DRAINING  not ended yet")
        #expect(lines.contains("  Drained    not yet"))
        #expect(lines.contains("  DRAINING            07:00:04  under way"))
        #expect(!lines.contains("Audit log"))
    }

    @Test(
        arguments: [
            (true, [.accepted, .releasing, .stopped], "no: the destination lacks changes that the source has"),
            (false, [.accepted, .releasing, .stopped], "no: the full copy is incomplete"),
            (false, [.accepted, .stopped], "not applicable: the task had written nothing"),
        ] as [(Bool, [StopPhase], String)])
    func theVerdictSaysWhatIsMissing(copyComplete: Bool, phases: [StopPhase], text: String) {
        let stop = Stop(
            phase: .stopped, phases: phases.map { PhaseRecord(phase: $0) }, endedAtMs: 1, copyComplete: copyComplete)
        #expect(ReceiptVerdict(stop).text == text)
    }

    /// A trigger body has semicolons: it is enclosed in a delimiter that it does not contain.
    @Test func residueRunsInTheMariaDBClient() {
        let stop = Stop(objects: [
            ObjectOutcome(
                kind: .trigger, database: "shop", name: "t", table: "orders", result: .leftBehind,
                sql: "CREATE TRIGGER t AFTER INSERT ON orders FOR EACH ROW BEGIN\n\tSET @a = '//'; SET @b = 2;\nEND"),
            ObjectOutcome(kind: .event, database: "shop", name: "done", result: .created),
        ])
        #expect(
            ResidueRenderer.lines(stop).text == """
                -- trigger shop.t on orders
                DELIMITER ///
                CREATE TRIGGER t AFTER INSERT ON orders FOR EACH ROW BEGIN
                \tSET @a = '//'; SET @b = 2;
                END
                ///
                DELIMITER ;
                """)
    }

    /// A script that sets delimiters itself gets nothing added, which the client would take for an empty statement.
    @Test func aScriptWithItsOwnDelimitersStaysAsItIs() {
        let sql =
            "DELIMITER ;;\nUSE `shop`;;\nCREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW SET @a = 1;;\nDELIMITER ;\n"
        let counter = ObjectOutcome(
            kind: .autoIncrement, database: "shop", name: "a", table: "a", result: .leftBehind,
            sql: "ALTER TABLE `shop`.`a` AUTO_INCREMENT = 7")
        let trigger = ObjectOutcome(
            kind: .trigger, database: "shop", name: "t", table: "a", result: .leftBehind, sql: sql)
        #expect(
            ResidueRenderer.lines([trigger, counter]).text
                == "-- trigger shop.t on a\n\(sql)-- counter shop.a\nALTER TABLE `shop`.`a` AUTO_INCREMENT = 7;")
    }

    @Test func aHostileNameCannotSteerTheTerminal() {
        var hostile = response
        hostile.receipt?.stop?.taskName = "x\u{1B}[2J\u{202E}y\nz"
        let lines = ReceiptRenderer(style: TextStyle()).lines(hostile)
        #expect(lines.first == "RECEIPT  x?[2J?y z  STOPPED")
    }
}
