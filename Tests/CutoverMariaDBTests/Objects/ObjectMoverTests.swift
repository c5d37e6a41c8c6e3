import CutoverModel
import CutoverTasks
import CutoverTestSupport
import Testing

@testable import CutoverMariaDB

/// The outcome of each kind of trigger and event, with real servers; the preview must say the same beforehand.
@Suite("Triggers and events at the stop")
struct ObjectMoverTests {
    private let made: [ObjectResult?] = [.created, .created, .present]
    private let failed: [ObjectResult?] = [.failed, .failed, .failed]
    private let skipped: [ObjectResult?] = [.skipped, .skipped, .skipped]

    @Test("the order in which triggers fire is kept, whichever way it was made")
    func order() async throws {
        let fixture = try await ObjectFixture.start(objects: [
            "CREATE TRIGGER c BEFORE INSERT ON t FOR EACH ROW SET NEW.v=CONCAT(NEW.v, 'c')",
            "CREATE TRIGGER a BEFORE INSERT ON t FOR EACH ROW PRECEDES c SET NEW.v=CONCAT(NEW.v, 'a')",
            "CREATE TRIGGER b BEFORE INSERT ON t FOR EACH ROW FOLLOWS a SET NEW.v=CONCAT(NEW.v, 'b')",
            "CREATE TRIGGER z BEFORE INSERT ON t FOR EACH ROW PRECEDES a SET NEW.v=CONCAT(NEW.v, 'z')",
            "CREATE TRIGGER other BEFORE UPDATE ON t FOR EACH ROW SET NEW.v=OLD.v",
        ])
        let outcomes = try await fixture.moveAll()
        for name in ["a", "b", "c", "z", "other"] { #expect(outcomes.results(name) == made, "\(name)") }
        try await fixture.expectSameObjects()
        try await fixture.pair.destination.run("INSERT INTO d.t (v) VALUES ('')")
        #expect(try await fixture.pair.destination.value("SELECT v FROM d.t") == "zabc")
        await fixture.close()
    }

    @Test("a trigger that failed at first and is made later takes its place in the order")
    func orderAfterFailure() async throws {
        let fixture = try await ObjectFixture.start(objects: [
            "CREATE TRIGGER first BEFORE INSERT ON t FOR EACH ROW SET NEW.v=CONCAT(NEW.v, '1')",
            "CREATE TRIGGER `se``cond` BEFORE INSERT ON t FOR EACH ROW SET NEW.v=CONCAT(NEW.v, '2')",
            "SET sql_mode='ANSI_QUOTES'",
            "CREATE TRIGGER third BEFORE INSERT ON \"t\" FOR EACH ROW SET NEW.\"v\"=CONCAT(NEW.v, '3')",
        ])
        // Only the second can be made; the others' definer is away.
        let away = ["UPDATE mysql.global_priv SET user='away' WHERE user='mover'", "FLUSH PRIVILEGES"]
        let back = ["UPDATE mysql.global_priv SET user='mover' WHERE user='away'", "FLUSH PRIVILEGES"]
        let source = fixture.pair.source
        try await source.run(
            "USE d", "DROP TRIGGER first", "DROP TRIGGER third", "CREATE USER mover@'%'",
            "CREATE DEFINER=mover@'%' TRIGGER first BEFORE INSERT ON t FOR EACH ROW PRECEDES `se``cond` "
                + "SET NEW.v=CONCAT(NEW.v, '1')", "SET sql_mode='ANSI_QUOTES'",
            "CREATE DEFINER=mover@'%' TRIGGER third BEFORE INSERT ON \"t\" FOR EACH ROW SET NEW.\"v\"=CONCAT(NEW.v, '3')"
        )
        try await fixture.pair.destination.run(["CREATE USER mover@'%'", "GRANT ALL ON d.* TO mover@'%'"] + away)
        let before = ObjectFixture.byName(try await fixture.move())
        #expect(before.mapValues(\.result) == ["first": .failed, "se`cond": .created, "third": .failed])
        try await fixture.pair.destination.run(back)
        let after = ObjectFixture.byName(try await fixture.move())
        #expect(after.mapValues(\.result) == ["first": .created, "se`cond": .present, "third": .created])
        try await fixture.expectSameObjects()
        try await fixture.pair.destination.run("INSERT INTO d.t (v) VALUES ('')")
        #expect(try await fixture.pair.destination.value("SELECT v FROM d.t") == "123")
        await fixture.close()
    }

    @Test("objects made under ANSI_QUOTES mean the same at the destination")
    func ansiQuotes() async throws {
        let fixture = try await ObjectFixture.start(objects: [
            "SET sql_mode='ANSI_QUOTES,PIPES_AS_CONCAT,NO_BACKSLASH_ESCAPES'",
            "CREATE TRIGGER \"a \"\"b\" BEFORE INSERT ON \"t\" FOR EACH ROW SET NEW.\"v\" = NEW.\"v\" || '\\'",
            "CREATE EVENT \"e\\\" ON SCHEDULE EVERY 1 YEAR STARTS '2020-01-01' DO UPDATE \"t\" SET \"v\"='\\'",
        ])
        let outcomes = try await fixture.moveAll()
        #expect(outcomes.results("a \"b") == made)
        #expect(outcomes.results("e\\") == made)
        try await fixture.expectSameObjects()
        try await fixture.pair.destination.run("INSERT INTO d.t (v) VALUES ('x')")
        #expect(try await fixture.pair.destination.value("SELECT v FROM d.t") == "x\\")
        await fixture.close()
    }

    @Test("objects made by a latin1 client keep its character set and their text")
    func latin1() async throws {
        let fixture = try await ObjectFixture.start(objects: [])
        // The same statements as bytes of a latin1 client: "é" is one byte.
        let client = try await fixture.pair.source.connect(
            MariaDBConnectionOptions(characterSet: "latin1", sqlMode: nil))
        let statements = [
            "CREATE TRIGGER d.tr BEFORE INSERT ON d.t FOR EACH ROW SET NEW.v=CONCAT('é', CHARSET('é'))",
            "CREATE EVENT d.evé ON SCHEDULE EVERY 1 YEAR STARTS '2020-01-01' COMMENT 'à' DO SET @x='é'",
        ]
        for statement in statements {
            let bytes = statement.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
            _ = try await client.withSession { try $0.execute(statement: bytes, as: "make an object") }
        }
        await client.close()
        let inventory = try await fixture.worker.inventory()
        #expect(inventory.objects.filter { $0.sql.contains("é") }.map(\.name).sorted() == ["evé", "tr"])
        let outcomes = try await fixture.moveAll()
        #expect(outcomes.results("tr") == made)
        #expect(outcomes.results("evé") == made)
        try await fixture.expectSameObjects()
        let stored = try await fixture.stored(fixture.pair.destination)
        #expect(stored["tr"]?.contains("latin1") == true && stored["tr"]?.contains("latin1_swedish_ci") == true)
        try await fixture.pair.destination.run("INSERT INTO d.t (v) VALUES ('')")
        #expect(try await fixture.pair.destination.value("SELECT v FROM d.t") == "élatin1")
        await fixture.close()
    }

    @Test("events keep their status and their definer, a role too; those whose time has passed are skipped")
    func events() async throws {
        let fixture = try await ObjectFixture.start(
            objects: [
                "CREATE ROLE keeper", "CREATE USER app@'10.0.0.%'",
                "CREATE EVENT enabled ON SCHEDULE EVERY 1 DAY ENDS '2037-01-01' DO SET @x=1",
                "CREATE DEFINER=app@'10.0.0.%' EVENT disabled ON SCHEDULE EVERY '1:1' DAY_HOUR DISABLE COMMENT 'ENABLE' DO SET @x=1",
                "CREATE EVENT slaveside ON SCHEDULE EVERY 1 DAY DISABLE ON SLAVE DO SET @x=1",
                "CREATE DEFINER=keeper EVENT of_role ON SCHEDULE EVERY 1 DAY DO SET @x=1", "SET time_zone='+05:00'",
                "CREATE EVENT once_later ON SCHEDULE AT '2037-01-01 00:00:00' ON COMPLETION PRESERVE DO SET @x=1",
                "CREATE EVENT ended ON SCHEDULE EVERY 1 DAY STARTS '2020-01-01' ENDS '2020-02-01' ON COMPLETION PRESERVE DO SET @x=1",
                "CREATE EVENT once_past ON SCHEDULE AT CURRENT_TIMESTAMP + INTERVAL 1 SECOND DISABLE DO SET @x=1",
            ], destinationSetup: ["CREATE ROLE keeper", "CREATE USER app@'10.0.0.%'"])
        try await fixture.pair.source.wait(
            for: "SELECT execute_at < CONVERT_TZ(UTC_TIMESTAMP(), '+00:00', '+05:00') FROM information_schema.events "
                + "WHERE event_name='once_past'", toBe: "1")
        let outcomes = try await fixture.moveAll()
        for name in ["enabled", "disabled", "slaveside", "of_role", "once_later"] {
            #expect(outcomes.results(name) == made, "\(name)")
        }
        for name in ["ended", "once_past"] {
            #expect(outcomes.results(name) == skipped)
            #expect(outcomes.moved[name]?.message == "its time has passed")
        }
        #expect(outcomes.moved["enabled"]?.message == "event_scheduler is OFF at the destination")
        try await fixture.expectSameObjects(except: ["ended", "once_past"])
        let statuses = try await fixture.stored(fixture.pair.destination).mapValues { $0[0] }
        #expect(statuses["enabled"] == "ENABLED" && statuses["disabled"] == "DISABLED")
        #expect(statuses["slaveside"] == "SLAVESIDE_DISABLED" && statuses["of_role"] == "ENABLED")
        await fixture.close()
    }

    @Test("an object of a definer that the destination does not know is not made, and said why, with its SQL")
    func missingDefiner() async throws {
        let fixture = try await ObjectFixture.start(objects: [
            "CREATE USER ghost@'%'", "CREATE DEFINER=ghost@'%' EVENT ev ON SCHEDULE EVERY 1 DAY DO SET @x=1",
            "CREATE DEFINER=ghost@'%' TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET NEW.v='x'",
        ])
        let outcomes = try await fixture.moveAll()
        for name in ["ev", "tr"] {
            #expect(outcomes.results(name) == failed)
            #expect(
                outcomes.moved[name]?.message
                    == "its definer ghost@% does not exist at the destination, so it would fail whenever it runs; "
                    + "create the account there, then run the SQL")
            #expect(outcomes.preview[name]?.message == outcomes.moved[name]?.message)
            #expect(outcomes.moved[name]?.sql.contains("DEFINER=`ghost`@`%`") == true)
        }
        // The table can still be written.
        try await fixture.pair.destination.run("INSERT INTO d.t (v) VALUES ('y')", "CREATE USER ghost@'%'")
        #expect(ObjectFixture.byName(try await fixture.move()).mapValues(\.result) == ["ev": .created, "tr": .created])
        try await fixture.expectSameObjects()
        await fixture.close()
    }

    @Test("what the destination refuses is that object's outcome; the others are made")
    func refused() async throws {
        let fixture = try await ObjectFixture.start(
            tables: ["CREATE TABLE d.t (id INT PRIMARY KEY, v INT)", "CREATE TABLE d.gone (id INT)"],
            objects: [
                "CREATE TRIGGER taken BEFORE INSERT ON t FOR EACH ROW SET NEW.v=1",
                "CREATE TRIGGER fine BEFORE INSERT ON t FOR EACH ROW SET NEW.v=2",
                "CREATE TRIGGER tableless BEFORE INSERT ON gone FOR EACH ROW SET @x=1",
                "CREATE TRIGGER columnless AFTER UPDATE ON t FOR EACH ROW SET @x=NEW.v",
                "CREATE EVENT taken_event ON SCHEDULE EVERY 1 DAY DO SET @x=1",
                "CREATE EVENT fine_event ON SCHEDULE EVERY 1 DAY DO SET @x=1",
            ])
        try await fixture.pair.destination.run(
            "USE d", "DROP TABLE gone", "CREATE TRIGGER taken BEFORE INSERT ON t FOR EACH ROW SET @x=9",
            "CREATE EVENT taken_event ON SCHEDULE EVERY 1 DAY DO SET @x=9", "ALTER TABLE t ADD w INT, DROP COLUMN v",
            "DROP TRIGGER taken", "ALTER TABLE t ADD v INT",
            "CREATE TRIGGER taken BEFORE INSERT ON t FOR EACH ROW SET @x=9",
            "ALTER TABLE t CHANGE v u INT")
        let outcomes = try await fixture.moveAll()
        for name in ["taken", "tableless", "taken_event"] { #expect(outcomes.results(name) == failed, "\(name)") }
        #expect(outcomes.moved["taken"]?.message == "a different trigger of this name is there")
        #expect(outcomes.moved["taken_event"]?.message == "a different event of this name is there")
        #expect(outcomes.moved["tableless"]?.message.hasPrefix("1146: ") == true)
        #expect(outcomes.preview["tableless"]?.message == "its table is not at the destination")
        #expect(outcomes.results("fine_event") == made)
        // A column that is not there only the server finds out.
        for name in ["columnless", "fine"] {
            #expect(outcomes.results(name) == [.created, .failed, .failed], "\(name)")
            #expect(outcomes.moved[name]?.message.hasPrefix("1054: ") == true)
            #expect(outcomes.moved[name]?.sql.contains("CREATE DEFINER") == true)
        }
        // The strangers are as they were.
        #expect(
            try await fixture.pair.destination.rows(
                "SELECT action_statement FROM information_schema.triggers UNION ALL "
                    + "SELECT event_definition FROM information_schema.events WHERE event_name='taken_event'")
                == [["SET @x=9"], ["SET @x=9"]])
        await fixture.close()
    }

    @Test("a privilege that the destination account lacks is foreseen")
    func destinationPrivileges() async throws {
        let account = "mover@'127.0.0.1'"
        let fixture = try await ObjectFixture.start(
            objects: [
                "CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET NEW.v='x'",
                "CREATE EVENT ev ON SCHEDULE EVERY 1 DAY DO SET @x=1",
            ], destinationUser: "mover",
            destinationSetup: [
                "CREATE USER \(account)", "GRANT SELECT ON *.* TO \(account)", "GRANT ALL ON d.* TO \(account)",
                "GRANT ALL ON _cutover.* TO \(account)",
            ])
        let blocked = ObjectFixture.byName(try await fixture.worker.previewObjects())
        #expect(blocked["tr"]?.result == .failed && blocked["ev"]?.result == .failed)
        #expect(
            blocked["tr"]?.message.hasPrefix("the destination account lacks SET USER, and the definer is root@") == true
        )
        #expect(ObjectFixture.byName(try await fixture.move()).values.allSatisfy { $0.result == .failed })
        try await fixture.pair.destination.run(
            "GRANT SET USER ON *.* TO \(account)", "REVOKE EVENT ON d.* FROM \(account)")
        let partly = ObjectFixture.byName(try await fixture.worker.previewObjects())
        #expect(partly["tr"]?.result == .created)
        #expect(partly["ev"]?.message == "the destination account lacks EVENT on d")
        let moved = ObjectFixture.byName(try await fixture.move())
        #expect(moved.mapValues(\.result) == ["tr": .created, "ev": .failed])
        try await fixture.pair.destination.run("GRANT EVENT ON d.* TO \(account)")
        #expect(ObjectFixture.byName(try await fixture.move()).mapValues(\.result) == ["tr": .present, "ev": .created])
        try await fixture.expectSameObjects()
        await fixture.close()
    }

    @Test("a preview changes nothing and needs no fence")
    func previewOnly() async throws {
        let fixture = try await ObjectFixture.start(objects: [
            "CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET NEW.v='x'",
            "CREATE EVENT ev ON SCHEDULE EVERY 1 DAY DO SET @x=1",
        ])
        let fence = "SELECT epoch, owned, counter FROM _cutover.fence"
        let before = try await fixture.pair.destination.rows(fence)
        let scout = fixture.pair.worker(fixture.pair.job(["d"]), epoch: 1)
        #expect(try await scout.previewObjects().map(\.result) == [.created, .created])
        _ = await scout.close()
        #expect(try await fixture.pair.destination.rows(fence) == before)
        #expect(try await fixture.stored(fixture.pair.destination).isEmpty)
        await fixture.close()
    }

    @Test("counters only rise")
    func counters() async throws {
        let fixture = try await ObjectFixture.start(
            tables: ["low", "high", "gone"].map { "CREATE TABLE d.\($0) (id INT AUTO_INCREMENT PRIMARY KEY)" },
            objects: [])
        try await fixture.pair.source.run(
            "ALTER TABLE d.low AUTO_INCREMENT=50", "ALTER TABLE d.high AUTO_INCREMENT=50",
            "ALTER TABLE d.gone AUTO_INCREMENT=50")
        try await fixture.pair.destination.run("ALTER TABLE d.high AUTO_INCREMENT=90", "DROP TABLE d.gone")
        let outcomes = try await fixture.worker.moveTriggers()
        #expect(
            Dictionary(uniqueKeysWithValues: outcomes.map { ($0.name, $0.result) }) == [
                "low": .created, "high": .present, "gone": .failed,
            ])
        let next =
            "SELECT GROUP_CONCAT(auto_increment ORDER BY table_name) FROM information_schema.tables WHERE table_schema='d'"
        #expect(try await fixture.pair.destination.value(next) == "90,50")
        await fixture.close()
    }
}
