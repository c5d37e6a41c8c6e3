import Testing

@testable import CutoverMariaDB

@Suite("Statements of events and triggers")
struct EventStatementTests {
    @Test(
        "status and end are those of the schedule, whatever names, comment and body say",
        arguments: [
            (
                "CREATE DEFINER=`PRESERVE `@`h` EVENT ` ON SCHEDULE AT '1'` ON SCHEDULE AT '2030-01-02 03:04:05' "
                    + "ON COMPLETION NOT PRESERVE ENABLE COMMENT 'PRESERVE DISABLE' DO SELECT 1",
                StoredObject.EventStatus.enabled, "2030-01-02 03:04:05"
            ),
            (
                "CREATE DEFINER=\"a\\\"@\"h\" EVENT \"e\" ON SCHEDULE EVERY '1 1' DAY_HOUR STARTS '2026-01-01 00:00:00' "
                    + "ENDS '2027-01-01 00:00:00' ON COMPLETION PRESERVE DISABLE DO SELECT ' ENDS '",
                .disabled, "2027-01-01 00:00:00"
            ),
            (
                "CREATE EVENT `e` ON SCHEDULE EVERY 1 DAY STARTS '2026-01-01 00:00:00' ON COMPLETION NOT PRESERVE "
                    + "DISABLE ON SLAVE DO SELECT 1", .slavesideDisabled, ""
            ),
        ])
    func event(text: String, status: StoredObject.EventStatus, end: String) throws {
        let statement = try #require(EventStatement(Array(text.utf8)))
        #expect(statement.status == status)
        #expect(statement.end ?? "" == end)
    }

    @Test("what is no event statement is not taken for one")
    func noEvent() {
        for text in [
            "", "CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO SELECT 1", "ON SCHEDULE x ON COMPLETION PRESERVE MAYBE",
        ] {
            #expect(EventStatement(Array(text.utf8)) == nil)
        }
    }

    @Test("a trigger is placed in front of its body, wherever the words stand else")
    func trigger() throws {
        let text =
            "CREATE DEFINER=\"r\"@\"h\" trigger \"for each row\" -- FOR EACH ROW\n before /* x */ Insert on \"t\"\n"
            + "for each\nrow begin set @a='FOR EACH ROW'; end"
        let statement = try #require(TriggerStatement(Array(text.utf8), ansiQuotes: true))
        #expect(statement.occasion == "BEFORE INSERT")
        let placed = String(decoding: statement.preceding("o\"p", ansiQuotes: true), as: UTF8.self)
        #expect(placed == text.replacing("each\nrow begin", with: "each\nrow PRECEDES \"o\"\"p\" begin"))
        #expect(String(decoding: statement.preceding("op", ansiQuotes: false), as: UTF8.self).contains("PRECEDES `op`"))
        #expect(TriggerStatement(Array("CREATE TRIGGER x".utf8), ansiQuotes: false) == nil)
    }
}
