import CutoverMariaDB
import CutoverModel
import CutoverTasks
import CutoverTestSupport
import Testing

@Suite("Full copy")
struct FullCopyTests {
    /// One table for each type, with the values that a careless copy loses.
    static let typeTables = [
        "ints (id INT PRIMARY KEY, a TINYINT, b SMALLINT, c MEDIUMINT, d BIGINT, e BIGINT UNSIGNED, f TINYINT UNSIGNED)",
        "numbers (id INT PRIMARY KEY, a DECIMAL(65,30), b DECIMAL(5,0), c FLOAT, d DOUBLE, e BIT(64), f BIT(1), g YEAR)",
        "times (id INT PRIMARY KEY, a DATE, b TIME(6), c DATETIME(6), d TIMESTAMP(3) NULL, e TIMESTAMP NULL)",
        """
        texts (id INT PRIMARY KEY, a VARCHAR(100) CHARACTER SET utf8mb4, b CHAR(255) CHARACTER SET utf8mb4,
          c TEXT CHARACTER SET latin1, d VARCHAR(50) CHARACTER SET ucs2, e VARBINARY(300), f BINARY(4), g LONGBLOB)
        """,
        "sets (id INT PRIMARY KEY, a ENUM('x','','é') NOT NULL, b ENUM('1','0','2'), c SET('a','b','c d'), d JSON)",
        "odd (id INT PRIMARY KEY, a UUID, b INET6, g GEOMETRY, p POINT, i INT INVISIBLE, v INT AS (id+1) VIRTUAL, "
            + "s INT AS (id*2) STORED)",
        "`na``me` (`i``d` VARCHAR(10) COLLATE utf8mb4_general_ci, `ordre ``x` INT NOT NULL, PRIMARY KEY (`i``d`))",
        "nokey (a INT, b VARCHAR(10))",
        "empty (a INT PRIMARY KEY)",
    ]

    static let typeRows = [
        "ints VALUES (0,-128,-32768,-8388608,-9223372036854775808,18446744073709551615,255),(-5,127,NULL,1,1,0,0)",
        """
        numbers VALUES (1,-99999999999999999999999999999999999.999999999999999999999999999999,-99999,1.1,
          0.1,x'FF00FF0A09005C01',1,0),(2,0.000000000000000000000000000001,1,3.402823e38,-1.7976931348623155e307,
          b'0',b'0',2155),(3,NULL,NULL,16777217,1e-300,x'5C6E',NULL,1901),(4,0,0,0.3333333333,-0e0,0x30,0,70)
        """,
        """
        times VALUES (1,'0000-00-00','-00:00:00.000001','0000-00-00 00:00:00','2001-02-03 04:05:06.789',
          '0000-00-00 00:00:00'),(2,'2024-02-30','838:59:59.999999','9999-12-31 23:59:59.999999',
          '2038-01-19 03:14:07.999','1970-01-01 00:00:01')
        """,
        """
        texts VALUES (1,'a\\tb\\nc\\\\d','Zoë 😀 ','ÿ','Ω',x'00090A5C0D4E','ab','\\\\N'),(2,'','','','','','',''),
          (3,NULL,NULL,NULL,NULL,NULL,NULL,NULL),(4,'\\\\N','\\'"',"\\0",'x',x'5C4E',x'00000000',REPEAT('\\n\\\\',300000))
        """,
        "sets VALUES (1,'x','0','a,c d','{\"a\": \"b\\\\n\"}'),(2,'','2','',NULL),(3,'é',NULL,NULL,'[]'),(4,0,0,'b','1')",
        """
        odd (id,a,b,g,p,i) VALUES (1,'123e4567-e89b-12d3-a456-426655440000','::ffff:1.2.3.4',
          ST_GeomFromText('POLYGON((0 0,10 0,10 10,0 0))',4326),POINT(9,10),7),(2,NULL,NULL,NULL,NULL,NULL)
        """,
        "`na``me` VALUES ('a',1),('É',2)",
        "nokey VALUES (1,'x'),(1,'x'),(NULL,NULL)",
    ]

    @Test("carries every type over, byte for byte, and the definitions too")
    func types() async throws {
        let pair = try await MigrationPair.start()
        let mode = "SET SESSION sql_mode='ALLOW_INVALID_DATES,NO_AUTO_VALUE_ON_ZERO', time_zone='+13:00'"
        var statements = [mode, "CREATE DATABASE shop CHARACTER SET latin1", "USE shop"]
        statements += Self.typeTables.map { "CREATE TABLE " + $0 }
        statements += Self.typeRows.map { "INSERT INTO " + $0 }
        let wide = (0..<300).map { "c\($0) INT" }.joined(separator: ",")
        statements += [
            "CREATE TABLE wide (id INT AUTO_INCREMENT PRIMARY KEY, \(wide))", "INSERT INTO wide (c299) VALUES (7)",
        ]
        try await pair.source.run(statements)
        let worker = pair.worker(pair.job(["shop"]))
        #expect(try await worker.claim() == .empty)
        let position = try await worker.copy()
        #expect(try await pair.source.value("SELECT @@gtid_binlog_pos") == position)
        #expect(try await worker.claim() == .following(position: position))
        #expect(
            try await MigrationPair.checksums(pair.source, "shop") == MigrationPair.checksums(pair.destination, "shop"))
        #expect(
            try await MigrationPair.definitions(pair.source, "shop")
                == MigrationPair.definitions(pair.destination, "shop"))
        for query in [
            "SELECT HEX(c), c+0e0 FROM shop.numbers ORDER BY id",
            "SELECT a+0, b+0, HEX(c), d FROM shop.sets ORDER BY id",
            "SELECT a, b, ST_AsText(g), ST_SRID(g), i, v, s FROM shop.odd ORDER BY id",
        ] {
            #expect(try await pair.source.rows(query) == pair.destination.rows(query))
        }
        let tables = try await worker.tables()
        #expect(tables.count == Self.typeTables.count + 1)
        #expect(tables.filter { !$0.complete } == [])
        #expect(await worker.close().filter { !$0.released } == [])
    }

    @Test("carries keys, foreign keys, views on views, routines and sequences over")
    func schema() async throws {
        let trust = ["--log-bin-trust-function-creators=ON"]
        let pair = try await MigrationPair.start(sourceOptions: trust, destinationOptions: trust)
        try await pair.source.run(
            "CREATE DATABASE a", "CREATE DATABASE b", "USE a",
            """
            CREATE TABLE child (id INT AUTO_INCREMENT, parent INT, note VARCHAR(200), body TEXT, n INT CHECK (n > 0),
              KEY (id), UNIQUE KEY u (note(10), parent), FULLTEXT KEY f (body), KEY g (n DESC)) COMMENT='a, ) KEY `x`'
            """,
            "CREATE TABLE parent (id INT PRIMARY KEY, up INT, CONSTRAINT self FOREIGN KEY (up) REFERENCES parent (id))",
            "ALTER TABLE child ADD CONSTRAINT c1 FOREIGN KEY (parent) REFERENCES parent (id) ON DELETE CASCADE",
            "CREATE TABLE b.other (p INT, FOREIGN KEY (p) REFERENCES a.parent (id) ON UPDATE SET NULL)",
            "CREATE TABLE parts (id INT PRIMARY KEY, x INT) PARTITION BY RANGE (id) "
                + "(PARTITION p0 VALUES LESS THAN (10), PARTITION p1 VALUES LESS THAN MAXVALUE)",
            "INSERT INTO parent VALUES (1,NULL),(2,1)", "INSERT INTO child (parent, note, n) VALUES (2,'x',1)",
            "INSERT INTO b.other VALUES (1)", "INSERT INTO parts VALUES (1,1),(20,2)",
            "CREATE SEQUENCE seq START WITH 5 INCREMENT BY 3 CACHE 10", "SELECT NEXTVAL(seq)",
            "CREATE VIEW z AS SELECT id, f1(id) AS g FROM parent".replacing(", f1(id) AS g", with: ""),
            "CREATE VIEW a1 AS SELECT * FROM z WHERE id > 0", "CREATE VIEW a0 AS SELECT * FROM a1",
            "SET SESSION sql_mode='ANSI_QUOTES'",
            "CREATE FUNCTION f1(x INT) RETURNS INT RETURN (SELECT COUNT(*) FROM \"parent\")",
            "CREATE PROCEDURE p1() BEGIN SELECT 'é;x'; END",
            "CREATE TRIGGER tr BEFORE INSERT ON parent FOR EACH ROW SET NEW.up = NULL",
            "CREATE EVENT ev ON SCHEDULE EVERY 1 DAY DO DELETE FROM a.child")
        let worker = pair.worker(pair.job(["a", "b"]))
        _ = try await worker.claim()
        _ = try await worker.copy()
        for database in ["a", "b"] {
            #expect(
                try await MigrationPair.definitions(pair.source, database)
                    == MigrationPair.definitions(pair.destination, database))
            #expect(
                try await MigrationPair.checksums(pair.source, database)
                    == MigrationPair.checksums(pair.destination, database))
        }
        for query in [
            "SHOW CREATE FUNCTION a.f1", "SHOW CREATE PROCEDURE a.p1", "SHOW CREATE VIEW a.a0",
        ] {
            #expect(try await pair.source.rows(query) == pair.destination.rows(query))
        }
        #expect(
            try await pair.source.value("SELECT next_not_cached_value FROM a.seq")
                == pair.destination.value("SELECT next_not_cached_value FROM a.seq"))
        #expect(
            try await pair.destination.value(
                "SELECT COUNT(*) FROM information_schema.triggers WHERE trigger_schema='a'") == "0")
        #expect(try await pair.destination.value("SELECT COUNT(*) FROM information_schema.events") == "0")
        _ = await worker.close()
    }

    @Test("a copy under load, then followed, is what a native replica has at the same position")
    func underLoad() async throws {
        let pair = try await MigrationPair.start()
        try await pair.source.run(
            "CREATE DATABASE shop", "USE shop", "CREATE TABLE shop.t (id BIGINT PRIMARY KEY, n INT, pad VARCHAR(100))",
            "INSERT INTO shop.t SELECT seq, 0, REPEAT('x', 80) FROM seq_1_to_40000", "ANALYZE TABLE shop.t",
            "CREATE TABLE shop.k (id INT AUTO_INCREMENT PRIMARY KEY, n INT)")
        let writers = (0..<2).map { index in
            Task {
                let connection = try await pair.source.connect()
                var count = 0
                while !Task.isCancelled {
                    let id = (count * 37 + index * 19_000) % 40_000 + 1
                    try await connection.execute("UPDATE shop.t SET n=n+1 WHERE id=\(id)")
                    try await connection.execute("INSERT INTO shop.k (n) VALUES (\(count))")
                    count += 1
                }
            }
        }
        let worker = pair.worker(pair.job(["shop"]))
        _ = try await worker.claim()
        let start = try await worker.copy()
        let target = try await worker.sourcePosition()
        #expect(start != target)
        _ = try await worker.follow(until: .position(target))
        for writer in writers { writer.cancel() }
        let judge = try await NativeReplica.follow(pair.source)
        try await judge.catchUp(until: target)
        #expect(
            try await MigrationPair.checksums(judge.server, "shop") == MigrationPair.checksums(pair.destination, "shop")
        )
        #expect(worker.status().rowsCopied >= 40_000)
        #expect(worker.status().appliedPosition == target)
        _ = await worker.close()
    }

    @Test("objects that are not this task's are refused and left alone")
    func clash() async throws {
        let pair = try await MigrationPair.start()
        try await pair.source.run("CREATE DATABASE shop", "CREATE TABLE shop.t (id INT PRIMARY KEY)")
        try await pair.destination.run(
            "CREATE DATABASE shop", "CREATE TABLE shop.t (mine INT)", "INSERT INTO shop.t VALUES (1)")
        let worker = pair.worker(pair.job(["shop"]))
        for _ in 0..<2 {
            _ = try await worker.claim()
            do {
                _ = try await worker.copy()
                Issue.record("the copy should have been refused")
            } catch let error as ReplicationError {
                #expect(error.code == .destinationClash)
            }
        }
        #expect(try await pair.destination.value("SELECT mine FROM shop.t") == "1")
        _ = await worker.close()
    }

    @Test("a copy that was cancelled starts again from the beginning and ends whole")
    func restart() async throws {
        let pair = try await MigrationPair.start()
        try await pair.source.run(
            "CREATE DATABASE shop", "USE shop", "CREATE TABLE shop.t (id INT PRIMARY KEY, pad VARCHAR(200))",
            "INSERT INTO shop.t SELECT seq, REPEAT('y', 150) FROM seq_1_to_200000", "ANALYZE TABLE shop.t")
        let job = pair.job(["shop"], connections: 2)
        let first = pair.worker(job, epoch: 1)
        _ = try await first.claim()
        let copying = Task { try await first.copy() }
        while first.status().rowsCopied == 0 { try await Task.sleep(for: .milliseconds(5)) }
        copying.cancel()
        await #expect(throws: CancellationError.self) { try await copying.value }
        #expect(await first.close().filter { !$0.released } == [])
        // The server notices in its own time that the connections are gone.
        try await pair.destination.wait(for: "SELECT COUNT(*) FROM information_schema.innodb_trx", toBe: "0")
        let second = pair.worker(job, epoch: 2)
        #expect(try await second.claim() == .copying)
        #expect(try await second.tables().first?.complete == false)
        _ = try await second.copy()
        #expect(
            try await MigrationPair.checksums(pair.source, "shop") == MigrationPair.checksums(pair.destination, "shop"))
        #expect(
            try await second.tables() == [TableOutcome(database: "shop", table: "t", complete: true, rows: 200_000)])
        _ = await second.close()
    }
}
