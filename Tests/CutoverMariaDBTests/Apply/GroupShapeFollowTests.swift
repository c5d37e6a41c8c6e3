import CutoverMariaDB
import CutoverTasks
import CutoverTestSupport
import Testing

/// The event groups that MariaDB really logs, each from a real source.
@Suite(.timeLimit(.minutes(5))) struct GroupShapeFollowTests {
    private func follow(
        schema: [String], _ changes: [String], sourceOptions: [String] = []
    ) async throws -> FollowerHarness {
        let harness = try await FollowerHarness.start(schema: schema, sourceOptions: sourceOptions)
        try await harness.source.run(["USE shop"] + changes)
        try await harness.drain()
        try await harness.expectEqual()
        return harness
    }

    /// Runs changes that cannot be carried over and gives the error.
    private func refusal(
        schema: [String], _ changes: [String], sourceOptions: [String] = []
    ) async throws -> ReplicationError? {
        let harness = try await FollowerHarness.start(schema: schema, sourceOptions: sourceOptions)
        try await harness.source.run(["USE shop"] + changes)
        let target = try await harness.sourcePosition()
        return await #expect(throws: ReplicationError.self) {
            try await harness.follower().follow(until: FollowGoal(.position(target)))
        }
    }

    @Test func foreignKeyCascadesComeOnceAndInOrder() async throws {
        _ = try await follow(
            schema: [
                "CREATE TABLE parent (id INT PRIMARY KEY, name VARCHAR(20) UNIQUE)",
                """
                CREATE TABLE child (id INT PRIMARY KEY, parent_id INT, other_id INT,
                  FOREIGN KEY (parent_id) REFERENCES parent (id) ON DELETE CASCADE ON UPDATE CASCADE,
                  FOREIGN KEY (other_id) REFERENCES parent (id) ON DELETE SET NULL ON UPDATE SET NULL)
                """,
                "CREATE TABLE tree (id INT PRIMARY KEY, up INT, FOREIGN KEY (up) REFERENCES tree (id) ON DELETE CASCADE)",
            ],
            [
                "INSERT INTO parent VALUES (1,'a'),(2,'b'),(3,'c'),(4,'d')",
                "INSERT INTO child VALUES (1,1,2),(2,2,1),(3,3,3),(4,4,NULL)",
                "INSERT INTO tree VALUES (1,NULL),(2,1),(3,2),(4,3)",
                "UPDATE parent SET id=10 WHERE id=1",
                "DELETE FROM parent WHERE id=2",
                "DELETE FROM tree WHERE id=2",
                "SET foreign_key_checks=0",
                "INSERT INTO child VALUES (9,99,NULL)",
                "INSERT INTO parent VALUES (99,'z')",
                "SET foreign_key_checks=1",
                "UPDATE parent SET name='x' WHERE id=3",
                "UPDATE parent SET name='c' WHERE id=4",
                "UPDATE parent SET name='d' WHERE id=3",
            ])
    }

    @Test func savepointsUndoOnlyWhatTheyCover() async throws {
        _ = try await follow(
            schema: [
                "CREATE TABLE t (id INT PRIMARY KEY, v INT)", "CREATE TABLE m (id INT PRIMARY KEY) ENGINE=MyISAM",
            ],
            [
                "BEGIN", "INSERT INTO t VALUES (1,1)", "SAVEPOINT s1", "INSERT INTO t VALUES (2,2)",
                "ROLLBACK TO s1", "INSERT INTO t VALUES (3,3)", "SAVEPOINT s2", "COMMIT",
                "BEGIN", "INSERT INTO t VALUES (10,1)", "SAVEPOINT `s``q`", "INSERT INTO t VALUES (11,1)",
                "INSERT INTO m VALUES (1)", "ROLLBACK TO `s``q`", "COMMIT",
            ])
    }

    @Test func nonTransactionalAndMixedGroupsEndWithACommitStatement() async throws {
        _ = try await follow(
            schema: [
                "CREATE TABLE t (id INT PRIMARY KEY)", "CREATE TABLE m (id INT PRIMARY KEY, v INT) ENGINE=MyISAM",
                "CREATE TABLE a (id INT PRIMARY KEY) ENGINE=Aria",
            ],
            [
                "INSERT INTO m VALUES (1,1),(2,2)", "UPDATE m SET v=9 WHERE id=2", "INSERT INTO a VALUES (1)",
                "BEGIN", "INSERT INTO t VALUES (1)", "INSERT INTO m VALUES (3,3)", "ROLLBACK",
                "BEGIN", "INSERT INTO t VALUES (2)", "DELETE FROM m WHERE id=1", "COMMIT",
            ])
    }

    @Test func createTableSelectIsAStatementAndRowsInOneGroup() async throws {
        _ = try await follow(
            schema: ["CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(10))"],
            [
                "INSERT INTO t VALUES (1,'a'),(2,'b')", "CREATE TABLE copy SELECT * FROM t",
                "CREATE TABLE keyed (PRIMARY KEY (id)) AS SELECT * FROM t", "INSERT INTO copy VALUES (3,'c')",
                "CREATE OR REPLACE TABLE copy AS SELECT id FROM t", "CREATE TABLE empty_copy LIKE t",
            ])
    }

    @Test(arguments: [false, true])
    func schemaChangesBetweenRowsOfOneTable(isTwoPhase: Bool) async throws {
        _ = try await follow(
            schema: ["CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT, v VARCHAR(10))"],
            [
                "INSERT INTO t VALUES (1,'a')", "ALTER TABLE t ADD COLUMN w INT NOT NULL DEFAULT 5 AFTER id",
                "INSERT INTO t VALUES (2,7,'b')", "UPDATE t SET w=8 WHERE id=1",
                "ALTER TABLE t DROP COLUMN v, ADD COLUMN ts DATETIME(6) DEFAULT CURRENT_TIMESTAMP(6)",
                "INSERT INTO t (w) VALUES (1)", "CREATE INDEX i ON t (w)", "DROP INDEX i ON t",
                "ALTER TABLE t MODIFY w BIGINT UNSIGNED", "UPDATE t SET w=18446744073709551615 WHERE id=1",
                "ALTER TABLE t RENAME TO u", "INSERT INTO u (w) VALUES (2)", "RENAME TABLE u TO v",
                "TRUNCATE TABLE v", "INSERT INTO v (w) VALUES (3)",
                "CREATE TABLE `wéird ``name` (`cöl``umn` INT PRIMARY KEY, `select` ENUM('ü','x') CHARACTER SET latin1)",
                "INSERT INTO `wéird ``name` VALUES (1,'ü')",
                "ANALYZE TABLE v", "OPTIMIZE TABLE v", "DROP TABLE IF EXISTS nothing", "DROP TABLE v",
            ], sourceOptions: isTwoPhase ? ["--binlog-alter-two-phase=1"] : [])
    }

    @Test func viewsRoutinesAndDatabaseOptionsFollow() async throws {
        let harness = try await follow(
            schema: ["CREATE TABLE t (id INT PRIMARY KEY, v INT)"],
            [
                "CREATE VIEW w AS SELECT id FROM t", "CREATE OR REPLACE VIEW w AS SELECT id, v FROM t",
                "CREATE PROCEDURE p() SELECT 'é'", "CREATE FUNCTION f() RETURNS INT DETERMINISTIC RETURN 1",
                "ALTER PROCEDURE p COMMENT 'x'", "ALTER DATABASE shop CHARACTER SET latin1",
                "CREATE TABLE after_change (c VARCHAR(5))", "DROP FUNCTION f",
                "SET sql_mode='ANSI_QUOTES'", "CREATE TABLE \"quoted\" (\"a b\" INT)", "INSERT INTO quoted VALUES (1)",
            ])
        let query = """
            SELECT ROUTINE_NAME, ROUTINE_DEFINITION, ROUTINE_COMMENT FROM information_schema.ROUTINES \
            WHERE ROUTINE_SCHEMA='shop'
            """
        #expect(try await harness.source.rows(query) == harness.destination.rows(query))
        let view = "SHOW CREATE VIEW shop.w"
        #expect(try await harness.source.rows(view) == harness.destination.rows(view))
        let database = "SHOW CREATE DATABASE shop"
        #expect(try await harness.source.rows(database) == harness.destination.rows(database))
    }

    @Test func triggersWriteOnceAndAreNotCreated() async throws {
        let harness = try await follow(
            schema: [
                "CREATE TABLE t (id INT PRIMARY KEY)", "CREATE TABLE audit (n INT AUTO_INCREMENT PRIMARY KEY, id INT)",
            ],
            [
                "CREATE TRIGGER tr AFTER INSERT ON t FOR EACH ROW INSERT INTO audit (id) VALUES (NEW.id)",
                "CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO DELETE FROM t",
                "INSERT INTO t VALUES (1),(2)", "DROP TRIGGER tr", "INSERT INTO t VALUES (3)",
                "CREATE USER someone IDENTIFIED BY 'x'", "GRANT SELECT ON shop.* TO someone", "DROP USER someone",
            ])
        #expect(try await harness.destination.value("SELECT COUNT(*) FROM information_schema.TRIGGERS") == "0")
        #expect(try await harness.destination.value("SELECT COUNT(*) FROM information_schema.EVENTS") == "0")
    }

    @Test func sequencesCarryTheirState() async throws {
        let harness = try await follow(
            schema: ["CREATE SEQUENCE s START WITH 100 INCREMENT BY 10 CACHE 5"],
            [
                "SELECT NEXT VALUE FOR s", "SELECT SETVAL(s, 5000)", "SELECT NEXT VALUE FOR s",
                "CREATE SEQUENCE s2", "SELECT NEXT VALUE FOR s2",
            ])
        for name in ["s", "s2"] {
            let query = "SELECT * FROM shop.\(name)"
            #expect(try await harness.source.rows(query) == harness.destination.rows(query))
        }
    }

    @Test func oddTablesArrive() async throws {
        let columns = (0..<300).map { "c\($0) INT" }.joined(separator: ",")
        _ = try await follow(
            schema: [
                "CREATE TABLE wide (id INT PRIMARY KEY, \(columns))",
                "CREATE TABLE g (id INT PRIMARY KEY, a INT, v INT AS (a+1) VIRTUAL, p INT AS (a*2) PERSISTENT)",
                "CREATE TABLE hidden (id INT PRIMARY KEY, secret INT INVISIBLE DEFAULT 4, v INT)",
                "CREATE TABLE e (id INT PRIMARY KEY, v ENUM('x','y'))",
                "CREATE TABLE e_nokey (v ENUM('x','y'), n INT)",
                "CREATE TABLE stamped (id INT PRIMARY KEY, v INT, t TIMESTAMP(6) DEFAULT NOW(6) ON UPDATE NOW(6))",
                "CREATE TABLE checked (id INT PRIMARY KEY, v INT CHECK (v > 0))",
                "CREATE TABLE zero (id INT AUTO_INCREMENT PRIMARY KEY, v INT)",
                "CREATE TABLE uniq (v VARCHAR(20) NOT NULL COLLATE utf8mb4_general_ci, w INT, UNIQUE (v))",
                "CREATE TABLE strkey (k VARCHAR(20) COLLATE utf8mb4_general_ci PRIMARY KEY, v INT)",
                "CREATE TABLE onlykey (a INT, b BINARY(3), PRIMARY KEY (a,b))",
                "CREATE TABLE parted (id INT PRIMARY KEY, v INT) PARTITION BY HASH (id) PARTITIONS 3",
            ],
            [
                "SET sql_mode=''",
                "INSERT INTO wide (id,c0,c250,c251,c299) VALUES (1,-1,2,3,4)", "UPDATE wide SET c299=NULL, c251=7",
                "INSERT INTO g (id,a) VALUES (1,1),(2,2)", "UPDATE g SET a=5 WHERE id=1", "DELETE FROM g WHERE id=2",
                "INSERT INTO hidden (id,v) VALUES (1,1)", "INSERT INTO hidden (id,secret,v) VALUES (2,9,1)",
                "UPDATE hidden SET v=2",
                "INSERT INTO e VALUES (1,'bad'),(2,'x'),(3,'y')", "UPDATE e SET v='bad' WHERE id=2",
                "UPDATE e SET v='y' WHERE id=1",
                "INSERT INTO e_nokey VALUES ('bad',1),('x',2)", "UPDATE e_nokey SET n=5 WHERE n=1",
                "DELETE FROM e_nokey WHERE n=5",
                "INSERT INTO stamped (id,v) VALUES (1,1)", "UPDATE stamped SET v=2",
                "UPDATE stamped SET v=3, t='2001-01-01'",
                "SET check_constraint_checks=0", "INSERT INTO checked VALUES (1,-5)", "SET check_constraint_checks=1",
                "SET sql_mode='NO_AUTO_VALUE_ON_ZERO'", "INSERT INTO zero VALUES (0,1)",
                "UPDATE zero SET v=2 WHERE id=0",
                "INSERT INTO uniq VALUES ('e',1),('a ',2)", "DELETE FROM uniq WHERE w=1",
                "INSERT INTO uniq VALUES ('é',3)", "DELETE FROM uniq WHERE w=2", "INSERT INTO uniq VALUES ('A',4)",
                "UPDATE uniq SET v='É' WHERE w=3",
                "INSERT INTO strkey VALUES ('k',1)", "UPDATE strkey SET k='K' WHERE v=1",
                "DELETE FROM strkey WHERE k='k'",
                "INSERT INTO strkey VALUES ('K ',2)",
                "INSERT INTO onlykey VALUES (1,'a'),(2,'b')", "UPDATE onlykey SET b='' WHERE a=1",
                "UPDATE onlykey SET a=3 WHERE a=2",
                "INSERT INTO parted VALUES (1,1),(2,2),(3,3)", "UPDATE parted SET id=10 WHERE id=1",
            ])
    }

    @Test func duplicatesInATableWithoutKeyStayCounted() async throws {
        let harness = try await follow(
            schema: ["CREATE TABLE d (v VARCHAR(10), f FLOAT, n INT)"],
            [
                "INSERT INTO d VALUES ('a',1.1,NULL),('a',1.1,NULL),('a',1.1,NULL),('A',1.1,NULL)",
                "DELETE FROM d WHERE v='a' LIMIT 1", "UPDATE d SET n=1 LIMIT 1", "INSERT INTO d VALUES ('a',1.1,NULL)",
            ])
        #expect(try await harness.destination.value("SELECT COUNT(*) FROM shop.d") == "4")
    }

    @Test func otherDatabasesAndExcludedTablesAreLeftAlone() async throws {
        let harness = try await FollowerHarness.start(
            schema: ["CREATE TABLE t (id INT PRIMARY KEY)", "CREATE TABLE skipped (id INT PRIMARY KEY)"])
        try await harness.source.run(
            "CREATE DATABASE elsewhere", "CREATE TABLE elsewhere.t (id INT PRIMARY KEY)",
            "INSERT INTO elsewhere.t VALUES (1)", "USE elsewhere", "SET binlog_format=STATEMENT",
            "INSERT INTO t VALUES (2)", "SET binlog_format=ROW", "DROP TABLE t", "USE shop",
            "INSERT INTO skipped VALUES (1)", "ALTER TABLE skipped ADD v INT", "INSERT INTO t VALUES (1)")
        let target = try await harness.sourcePosition()
        try await harness.follower(excludedTables: ["shop.skipped"]).follow(until: FollowGoal(.position(target)))
        #expect(try await harness.storedPosition() == target)
        #expect(try await harness.destination.rows("SELECT * FROM shop.t") == [["1"]])
        #expect(try await harness.destination.value("SELECT COUNT(*) FROM shop.skipped") == "0")
        #expect(try await harness.destination.value("SHOW DATABASES LIKE 'elsewhere'") == nil)
    }

    @Test func onePhaseXAIsAnOrdinaryTransaction() async throws {
        _ = try await follow(
            schema: ["CREATE TABLE t (id INT PRIMARY KEY)"],
            ["XA START 'x'", "INSERT INTO t VALUES (1)", "XA END 'x'", "XA COMMIT 'x' ONE PHASE"])
    }

    @Test func preparedXAIsRefused() async throws {
        let error = try await refusal(
            schema: ["CREATE TABLE t (id INT PRIMARY KEY)"],
            ["XA START 'x'", "INSERT INTO t VALUES (1)", "XA END 'x'", "XA PREPARE 'x'", "XA COMMIT 'x'"])
        #expect(error?.code == .unsupported)
    }

    @Test func statementFormatIsRefused() async throws {
        let error = try await refusal(
            schema: ["CREATE TABLE t (id INT PRIMARY KEY)"],
            ["SET binlog_format=STATEMENT", "INSERT INTO t VALUES (1)"])
        #expect(error?.code == .unsupported)
    }

    @Test func compressedEventsAreRefused() async throws {
        let error = try await refusal(
            schema: ["CREATE TABLE t (id INT PRIMARY KEY, v TEXT)"], ["INSERT INTO t VALUES (1, REPEAT('a', 5000))"],
            sourceOptions: ["--log-bin-compress=ON"])
        #expect(error?.code == .unsupported)
    }

    @Test func minimalRowImagesAreRefused() async throws {
        let error = try await refusal(
            schema: ["CREATE TABLE t (id INT PRIMARY KEY, v INT, w INT)"],
            ["SET binlog_row_image=MINIMAL", "INSERT INTO t VALUES (1,1,1)", "UPDATE t SET v=2"])
        #expect(error?.code == .unsupported)
    }

    @Test func compressedColumnsAreRefusedByName() async throws {
        let error = try await refusal(
            schema: ["CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(2000) COMPRESSED)"],
            ["INSERT INTO t VALUES (1, REPEAT('a', 1500))"])
        #expect(error?.code == .unsupported)
        #expect(error?.message.contains("shop.t.v") == true)
    }

    @Test func aMissingRowIsDivergenceByTableWithoutValues() async throws {
        let harness = try await FollowerHarness.start(schema: ["CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(20))"])
        try await harness.source.run("INSERT INTO shop.t VALUES (1,'secret-value'),(2,'b')")
        try await harness.drain()
        try await harness.destination.run("DELETE FROM shop.t WHERE id=1")
        try await harness.source.run("UPDATE shop.t SET v='secret-again'")
        let target = try await harness.sourcePosition()
        let before = try await harness.storedPosition()
        let error = await #expect(throws: ReplicationError.self) {
            try await harness.follower().follow(until: FollowGoal(.position(target)))
        }
        #expect(error?.code == .divergence)
        #expect(error?.message.contains("shop.t") == true)
        #expect(error?.message.contains("secret") == false)
        #expect(try await harness.storedPosition() == before)
        #expect(try await harness.destination.value("SELECT v FROM shop.t") == "b")
    }
}
