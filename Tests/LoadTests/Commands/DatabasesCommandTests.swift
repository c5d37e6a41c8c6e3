import Testing

@testable import cutover_load

@Suite struct DatabasesCommandTests {
    @Test func theSQLMakesOneDatabaseForEachTask() {
        #expect(
            DatabasesCommand.statements(0, rows: 3, drop: false) == [
                "CREATE DATABASE `cutover_load_000001`;",
                "USE `cutover_load_000001`;",
                "CREATE TABLE `item` (id INT PRIMARY KEY, word VARCHAR(40) NOT NULL) ENGINE=InnoDB;",
                "INSERT INTO `item` SELECT seq, CONCAT('item ', seq) FROM seq_1_to_3;",
            ])
        #expect(
            DatabasesCommand.statements(9_999, rows: 0, drop: true) == [
                "DROP DATABASE IF EXISTS `cutover_load_010000`;"
            ])
    }
}
