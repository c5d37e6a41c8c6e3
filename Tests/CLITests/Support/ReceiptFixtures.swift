import CutoverModel

/// Stops that ended in every way, as a server answers for them.
enum ReceiptFixtures {
    private static let startMs = Fixtures.startMs

    static func response(
        _ stop: Stop, kind: ReceiptKind = .stopped, finalStatus: TaskStatus = .stopped, addenda: [Receipt] = []
    ) -> StopTaskResponse {
        var receipt = Fixtures.receipt
        receipt.stop = stop
        receipt.kind = kind
        receipt.finalStatus = finalStatus
        return StopTaskResponse(
            result: kind == .withdrawn ? .withdrawn : .stopped, stop: stop, receipt: receipt, status: finalStatus,
            addenda: addenda)
    }

    static func phases(_ phases: [(StopPhase, Int64)]) -> [PhaseRecord] {
        var at = startMs
        return phases.map { phase, length in
            defer { at += length }
            return PhaseRecord(phase: phase, startedAtMs: at, endedAtMs: at + length)
        }
    }

    /// Everything went well: 7 seconds of draining, phases of a few milliseconds after it.
    static var graceful: Stop {
        var stop = Fixtures.gracefulStop
        stop.phases = phases([
            (.accepted, 12), (.draining, 7_480), (.migratingTriggers, 38), (.migratingEvents, 4), (.releasing, 166),
            (.stopped, 0),
        ])
        stop.endedAtMs = startMs + 7_700
        stop.requestedPosition = "0-1-5000,7-3-18446744073709551615"
        stop.receivedPosition = "0-1-5012,7-3-18446744073709551615"
        stop.appliedPosition = "0-1-5000,7-3-18446744073709551615"
        stop.drainTo = DrainTarget(point: .gtid, gtid: stop.requestedPosition)
        stop.drainDeadlineMs = 10_000
        stop.drainDeadlineAtMs = startMs + 10_000
        stop.onDeadline = .keepRunning
        stop.fenceEpoch = 4
        stop.objectsKnownAtMs = startMs + 20
        stop.objects[1].result = .created
        stop.objects[1].message = ""
        stop.objects[1].sql = ""
        stop.resources[1].released = true
        return stop
    }

    /// Draining, held up by a transaction.
    static var underWay: Stop {
        var stop = graceful
        stop.phase = .draining
        stop.phases = Array(stop.phases.prefix(2))
        stop.phases[1].endedAtMs = 0
        stop.endedAtMs = 0
        stop.drained = false
        stop.appliedPosition = "0-1-4710,7-3-18446744073709551615"
        stop.blocker = "waiting for transaction 0-1-4711 on shop.orders, 41 s"
        stop.objects = []
        stop.resources = []
        stop.fenceEpoch = 0
        return stop
    }

    static let triggerSQL = """
        CREATE DEFINER=`app`@`%` TRIGGER `crm`.`orders_ai` AFTER INSERT ON `crm`.`orders` FOR EACH ROW BEGIN
            INSERT INTO audit (id, at) VALUES (NEW.id, NOW());
            SET @n = @n + 1;
        END
        """

    /// A drain that was overtaken by its deadline: by force, with a residue.
    static var forced: Stop {
        var stop = graceful
        stop.modeTaken = .forced
        stop.modeReason =
            "on_deadline FORCE. The drain took longer than 60000 ms. It was held up: waiting for transaction 0-1-4711 on shop.orders, 41 s."
        stop.escalated = true
        stop.deadlinePassed = true
        stop.onDeadline = .force
        stop.drainDeadlineMs = 60_000
        stop.drainDeadlineAtMs = 0
        stop.drained = false
        stop.drainTo = DrainTarget(point: .current)
        stop.phases = phases([(.accepted, 25), (.draining, 59_975), (.releasing, 2_400), (.stopped, 0)])
        stop.endedAtMs = startMs + 62_400
        stop.requestedPosition = "0-1-5000,7-3-900"
        stop.receivedPosition = "0-1-5000,7-3-900"
        stop.appliedPosition = "0-1-4710,7-3-900"
        stop.objects = [
            ObjectOutcome(
                kind: .trigger, database: "crm", name: "orders_ai", table: "orders", result: .leftBehind,
                message: "the stop was forced", sql: triggerSQL),
            ObjectOutcome(
                kind: .event, database: "crm", name: "purge", result: .leftBehind, message: "the stop was forced",
                sql:
                    "CREATE EVENT `crm`.`purge` ON SCHEDULE EVERY 1 DAY DO DELETE FROM crm.log WHERE at < NOW() - INTERVAL 30 DAY"
            ),
            ObjectOutcome(
                kind: .autoIncrement, database: "crm", table: "orders", result: .leftBehind,
                sql: "ALTER TABLE `crm`.`orders` AUTO_INCREMENT = 90211"),
        ]
        stop.resources.append(
            ResourceOutcome(
                resource: "destination connections", released: false,
                message: "the destination does not answer; its server closes them after wait_timeout"))
        return stop
    }

    /// The answer for ``forced`` after two of its objects were made and one was not.
    static var finished: StopTaskResponse {
        var stop = forced
        stop.residue = stop.objects
        stop.residue[0].result = .failed
        stop.residue[0].message = "1449: The user specified as a definer ('app'@'%') does not exist"
        stop.residue[1].result = .created
        stop.residue[1].sql = ""
        stop.residue[2].result = .present
        stop.residue[2].sql = ""
        stop.residueFinishedAtMs = startMs + 3_600_000
        stop.residueActor = "bob"
        stop.residueReason = "destination is back"
        let addendum = Receipt(
            stop: stop, sequence: 21, previousHash: [UInt8](repeating: 0x11, count: 32),
            hash: [UInt8](repeating: 0x22, count: 32), finalStatus: .stopped, kind: .residueFinished)
        return response(forced, addenda: [addendum])
    }

    /// The deadline came first, and the task was to run on.
    static var withdrawn: StopTaskResponse {
        var stop = graceful
        stop.phase = .withdrawn
        stop.drained = false
        stop.deadlinePassed = true
        stop.drainDeadlineMs = 5_000
        stop.drainDeadlineAtMs = startMs + 5_000
        stop.phases = phases([(.waiting, 90_000), (.accepted, 9), (.draining, 4_991), (.withdrawn, 0)])
        stop.acceptedAtMs = startMs + 90_000
        stop.drainDeadlineAtMs = startMs + 95_000
        stop.endedAtMs = startMs + 95_000
        stop.objects = []
        stop.resources = []
        stop.withdrawnBy = "cutover"
        stop.withdrawnReason = "on_deadline KEEP_RUNNING"
        stop.appliedPosition = "0-1-4100,7-3-18446744073709551615"
        stop.failure = TaskFailure(
            code: "DRAIN_DEADLINE",
            message:
                "The drain took longer than 5000 ms. It was held up: waiting for transaction 0-1-4711 on shop.orders, 41 s."
        )
        return response(stop, kind: .withdrawn, finalStatus: .incrementalMigration)
    }

    /// A full copy that was stopped in its middle.
    static var partialCopy: Stop {
        var stop = graceful
        stop.statusBefore = .fullMigration
        stop.drained = false
        stop.copyComplete = false
        stop.requestedPosition = ""
        stop.receivedPosition = ""
        stop.appliedPosition = ""
        stop.transactionsApplied = 0
        stop.rowsApplied = 0
        stop.drainTo = DrainTarget(point: .current)
        stop.phases = phases([(.accepted, 3), (.releasing, 850), (.stopped, 0)])
        stop.endedAtMs = startMs + 853
        stop.objects = []
        stop.tables = [
            TableOutcome(database: "shop", table: "orders", complete: false, rows: 812_004),
            TableOutcome(database: "shop", table: "customers", complete: true, rows: 31_992),
            TableOutcome(database: "shop", table: "stock", complete: true, rows: 4_711),
        ]
        return stop
    }

    /// Two hundred objects of every outcome.
    static var manyObjects: Stop {
        var stop = graceful
        stop.objects = (0..<200).map { index in
            var object = ObjectOutcome(
                kind: index < 150 ? .trigger : index < 170 ? .event : .autoIncrement, database: "shop",
                name: index < 170 ? "object_\(index)" : "",
                table: index < 150 || index >= 170 ? "table_\(index % 40)" : "",
                result: .created)
            switch index % 25 {
            case 3:
                object.result = .failed
                object.message = "1419: You do not have the SUPER privilege and binary logging is enabled"
                object.sql =
                    "CREATE TRIGGER object_\(index) BEFORE INSERT ON table_\(index % 40) FOR EACH ROW SET NEW.a = 1"
            case 7:
                object.result = .skipped
                object.message = "a one-time event whose time has passed"
            case 9: object.result = .present
            default: break
            }
            return object
        }
        return stop
    }

    static let hostileText =
        "</title><script>alert(1)</script><svg onload=x>\" onx='y' \u{1B}[2J\u{202E}\u{2066}&amp; שלום 名前\n"

    /// Whatever can be a name, a message or SQL tries to become markup or to steer the reader.
    static var hostile: StopTaskResponse {
        var stop = forced
        let text = hostileText
        stop.id = text
        stop.taskId = text
        stop.taskName = text
        stop.batchId = text
        stop.requestId = text
        stop.actor = text
        stop.reason = text
        stop.modeReason = text
        stop.requestedPosition = text
        stop.receivedPosition = text
        stop.appliedPosition = text
        stop.drainTo = DrainTarget(point: .gtid, gtid: text)
        stop.tables = [TableOutcome(database: text, table: text)]
        stop.objects = [
            ObjectOutcome(
                kind: .trigger, database: text, name: text, table: text, result: .failed, message: text, sql: text)
        ]
        stop.resources = [ResourceOutcome(resource: text, message: text)]
        stop.blocker = text
        stop.failure = TaskFailure(code: text, message: text)
        stop.residue = [ObjectOutcome(database: text, name: text, result: .failed, message: text)]
        stop.residueFinishedAtMs = startMs
        stop.residueActor = text
        stop.residueReason = text
        stop.withdrawnBy = text
        stop.withdrawnReason = text
        return response(stop)
    }
}
