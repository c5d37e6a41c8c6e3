import CutoverModel
import Testing

@testable import CutoverMariaDB

@Suite("SQL of triggers and events, there and back")
struct ObjectScriptTests {
    private func settings(_ client: String = "utf8mb4", mode: String = "", zone: String = "") -> StoredObject.Settings {
        StoredObject.Settings(
            sqlMode: mode, characterSetClient: client, collationConnection: client + "_general_ci", timeZone: zone)
    }

    private static let texts = [
        "CREATE DEFINER=`a`@`b` TRIGGER t BEFORE INSERT ON o FOR EACH ROW SET @x='é;;'",
        "CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO SELECT '\\n', \"it''s\", ';;\n$$\n//\n'\n", "", "\u{0}\u{1A}\r\n",
        "x\nDELIMITER ;\n",
    ]

    @Test("what is written is read back, in every character set and with any text", arguments: texts)
    func roundTrip(text: String) throws {
        for client in ["utf8mb4", "latin1"] {
            let script = ObjectScript(
                database: "a`b;;", settings: settings(client, mode: "ANSI_QUOTES,STRICT_ALL_TABLES", zone: "+05:00"),
                text: .text(text))
            #expect(ObjectScript(sql: script.sql) == script)
        }
        let bytes = ObjectScript(database: "d", settings: settings("binary"), text: .bytes([0xFF, 0x00, 0x41]))
        #expect(ObjectScript(sql: bytes.sql) == bytes)
    }

    @Test("a plain script reads as an operator would write it")
    func plain() {
        let script = ObjectScript(
            database: "shop", settings: settings(mode: "ANSI_QUOTES", zone: "SYSTEM"), text: .text("CREATE EVENT e …"))
        #expect(
            script.sql == """
                DELIMITER ;;
                USE `shop`;;
                SET SESSION sql_mode='ANSI_QUOTES', character_set_client=utf8mb4, collation_connection=utf8mb4_general_ci;;
                SET SESSION time_zone='SYSTEM';;
                CREATE EVENT e …;;
                DELIMITER ;

                """)
    }

    @Test("other text is not taken for a script")
    func foreign() {
        let good = ObjectScript(database: "d", settings: settings(), text: .text("CREATE EVENT e")).sql
        #expect(ObjectScript(sql: good) != nil)
        for bad in [
            "", "DROP DATABASE d", String(good.dropLast()), good + " ",
            good.replacing("USE `d`", with: "DROP DATABASE `d`"),
            good.replacing("sql_mode=''", with: "sql_mode='', unique_checks=0"),
            good.replacing("CREATE", with: "SELECT 1;;\nCREATE"),
        ] {
            #expect(ObjectScript(sql: bad) == nil, "\(bad)")
        }
    }

    @Test("a counter's SQL is read back, and nothing else")
    func counter() {
        let counter = TableCounter(database: "d", table: "a`b=1", next: UInt64.max)
        #expect(TableCounter(counter.outcome(.leftBehind)) == counter)
        var outcome = counter.outcome(.leftBehind)
        outcome.sql = "ALTER TABLE `d`.`x` AUTO_INCREMENT=9"
        #expect(TableCounter(outcome) == nil)
        outcome.sql = ""
        #expect(TableCounter(outcome) == nil)
    }

    @Test("string literals are read back, and only whole ones")
    func literals() {
        for text in ["", "'", "\\", "a\n\r\0\u{1A}b", "\\'é😀"] {
            #expect(SQLText.content(ofString: SQLText.string(text)) == text)
        }
        for bad in ["", "'", "a", "'a", "'a'b'", "'a\\'", "'\\x'"] {
            #expect(SQLText.content(ofString: bad) == nil, "\(bad)")
        }
    }
}
