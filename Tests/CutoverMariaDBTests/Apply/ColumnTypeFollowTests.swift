import CutoverMariaDB
import CutoverTestSupport
import Testing

/// Every column type, with extremes, inserted, updated and deleted at a real source.
@Suite(.timeLimit(.minutes(5))) struct ColumnTypeFollowTests {
    struct TypeCase: Sendable {
        var name: String
        var type: String
        /// SQL literals; each becomes a row, and each row becomes the next one by an update.
        var values: [String]
    }

    static let cases: [TypeCase] = [
        .init(name: "t_i8", type: "TINYINT", values: ["-1", "-128", "127", "0", "NULL"]),
        .init(name: "t_u8", type: "TINYINT UNSIGNED", values: ["255", "0", "128", "NULL"]),
        .init(name: "t_i16", type: "SMALLINT", values: ["-1", "-32768", "32767", "NULL"]),
        .init(name: "t_u16", type: "SMALLINT UNSIGNED", values: ["65535", "32768", "NULL"]),
        .init(name: "t_i24", type: "MEDIUMINT", values: ["-1", "-8388608", "8388607", "NULL"]),
        .init(name: "t_u24", type: "MEDIUMINT UNSIGNED", values: ["16777215", "8388608", "NULL"]),
        .init(name: "t_i32", type: "INT", values: ["-1", "-2147483648", "2147483647", "NULL"]),
        .init(name: "t_u32", type: "INT UNSIGNED ZEROFILL", values: ["4294967295", "2147483648", "NULL"]),
        .init(
            name: "t_i64", type: "BIGINT", values: ["-1", "-9223372036854775808", "9223372036854775807", "NULL"]),
        .init(
            name: "t_u64", type: "BIGINT UNSIGNED",
            values: ["18446744073709551615", "9223372036854775808", "0", "NULL"]),
        .init(name: "t_bool", type: "BOOLEAN", values: ["TRUE", "FALSE", "NULL"]),
        .init(name: "t_dec", type: "DECIMAL(10,2)", values: ["-0.01", "99999999.99", "-99999999.99", "0", "NULL"]),
        .init(name: "t_dec5", type: "DECIMAL(5,0)", values: ["-99999", "99999", "1", "NULL"]),
        .init(name: "t_decfrac", type: "DECIMAL(4,4)", values: ["-0.0001", "0.9999", "NULL"]),
        .init(
            name: "t_dec65", type: "DECIMAL(65,30)",
            values: [
                "-12345678901234567890123456789012345.123456789012345678901234567890",
                "99999999999999999999999999999999999.999999999999999999999999999999",
                "0.000000000000000000000000000001", "NULL",
            ]),
        .init(name: "t_decu", type: "DECIMAL(18,9) UNSIGNED", values: ["123456789.987654321", "0", "NULL"]),
        .init(name: "t_float", type: "FLOAT", values: ["1.1", "-3.4e38", "1.17e-38", "0", "NULL"]),
        .init(name: "t_floatmd", type: "FLOAT(7,4)", values: ["1.1", "-999.9999", "NULL"]),
        .init(
            name: "t_double", type: "DOUBLE",
            values: ["0.1", "-1.7976931348623157e308", "2.2250738585072014e-308", "-0e0", "NULL"]),
        .init(name: "t_bit1", type: "BIT(1)", values: ["b'1'", "b'0'", "NULL"]),
        .init(name: "t_bit9", type: "BIT(9)", values: ["b'111111111'", "b'100000001'", "NULL"]),
        .init(
            name: "t_bit64", type: "BIT(64)", values: ["x'FFFFFFFFFFFFFFFF'", "x'8000000000000001'", "0", "NULL"]),
        .init(name: "t_year", type: "YEAR", values: ["0", "1901", "2155", "2000", "NULL"]),
        .init(
            name: "t_date", type: "DATE",
            values: ["'1000-01-01'", "'9999-12-31'", "'0000-00-00'", "'2024-00-00'", "NULL"]),
        .init(name: "t_time", type: "TIME", values: ["'-838:59:59'", "'838:59:59'", "'-00:00:01'", "0", "NULL"]),
        .init(name: "t_time1", type: "TIME(1)", values: ["'-00:00:00.1'", "'-01:02:03.5'", "'12:13:14.9'", "NULL"]),
        .init(
            name: "t_time3", type: "TIME(3)", values: ["'-00:00:00.001'", "'-01:02:03.999'", "'838:59:58.123'", "NULL"]),
        .init(
            name: "t_time6", type: "TIME(6)",
            values: ["'-00:00:00.000001'", "'-838:59:58.999999'", "'00:00:00.000001'", "NULL"]),
        .init(
            name: "t_datetime", type: "DATETIME",
            values: ["'1000-01-01 00:00:00'", "'9999-12-31 23:59:59'", "'0000-00-00 00:00:00'", "NULL"]),
        .init(
            name: "t_dt2", type: "DATETIME(2)",
            values: ["'2024-02-29 12:00:00.01'", "'2024-02-29 23:59:59.99'", "NULL"]),
        .init(
            name: "t_dt6", type: "DATETIME(6)",
            values: ["'2024-02-29 12:00:00.000001'", "'1969-12-31 23:59:59.999999'", "NULL"]),
        .init(
            name: "t_ts", type: "TIMESTAMP NULL",
            values: ["'1970-01-01 14:00:01'", "'2038-01-19 03:14:07'", "'0000-00-00 00:00:00'", "NULL"]),
        .init(
            name: "t_ts3", type: "TIMESTAMP(3) NULL",
            values: ["'2024-03-31 02:30:00.001'", "'2024-10-27 02:30:00.999'", "'2000-02-29 00:00:00.500'", "NULL"]),
        .init(name: "t_ts6", type: "TIMESTAMP(6) NULL", values: ["'2024-12-31 23:59:59.999999'", "NULL"]),
        .init(name: "t_char", type: "CHAR(10)", values: ["'abc'", "''", "'trail   '", "'ünïcödé'", "NULL"]),
        .init(
            name: "t_char255", type: "CHAR(255) CHARACTER SET utf8mb4",
            values: ["REPEAT('€',255)", "REPEAT('😀',255)", "'x'", "''", "NULL"]),
        .init(
            name: "t_binary", type: "BINARY(5)",
            values: ["x'0000000000'", "x'6100000000'", "x'6100620000'", "'abcde'", "NULL"]),
        .init(name: "t_binary255", type: "BINARY(255)", values: ["REPEAT(x'ff',255)", "x'00'", "NULL"]),
        .init(name: "t_varchar", type: "VARCHAR(255)", values: ["'abc  '", "''", "REPEAT('é',255)", "NULL"]),
        .init(name: "t_latin1", type: "VARCHAR(20) CHARACTER SET latin1", values: ["'é'", "'ÿ'", "''", "NULL"]),
        .init(name: "t_ucs2", type: "VARCHAR(20) CHARACTER SET ucs2", values: ["'é€'", "'a'", "''", "NULL"]),
        .init(name: "t_utf16", type: "CHAR(20) CHARACTER SET utf16", values: ["'é😀'", "'a'", "''", "NULL"]),
        .init(name: "t_sjis", type: "VARCHAR(20) CHARACTER SET sjis", values: ["'表'", "'a'", "NULL"]),
        .init(name: "t_varbin", type: "VARBINARY(300)", values: ["x'00'", "x''", "REPEAT(x'fe00',150)", "NULL"]),
        .init(name: "t_tinyblob", type: "TINYBLOB", values: ["x'00ff'", "REPEAT('a',255)", "NULL"]),
        .init(name: "t_blob", type: "BLOB", values: ["REPEAT(x'00',65535)", "''", "NULL"]),
        .init(name: "t_medblob", type: "MEDIUMBLOB", values: ["REPEAT('m',70000)", "NULL"]),
        .init(name: "t_longblob", type: "LONGBLOB", values: ["REPEAT('l',300000)", "''", "NULL"]),
        .init(name: "t_text", type: "TEXT", values: ["'tëxt'", "''", "'it''s \\\\ \"q\"'", "NULL"]),
        .init(name: "t_json", type: "JSON", values: ["'{\"a\":[1,2,null]}'", "'[]'", "NULL"]),
        .init(name: "t_enum", type: "ENUM('a','b','ü')", values: ["'a'", "'ü'", "NULL"]),
        .init(name: "t_set", type: "SET('a','b','c')", values: ["'a,c'", "''", "'a,b,c'", "NULL"]),
        .init(
            name: "t_set64", type: "SET(" + (0..<64).map { "'m\($0)'" }.joined(separator: ",") + ")",
            values: ["'m0,m63'", "18446744073709551615", "''", "NULL"]),
        .init(
            name: "t_uuid", type: "UUID",
            values: [
                "'123e4567-e89b-12d3-a456-426655440000'", "'f47ac10b-58cc-4372-a567-0e02b2c3d479'",
                "'01890a5d-ac96-774b-bcce-b302099a8057'", "'00000000-0000-0000-0000-000000000000'",
                "'ffffffff-ffff-ffff-ffff-ffffffffffff'", "'123e4567-e89b-12d3-a456-426655440000'", "NULL",
            ]),
        .init(
            name: "t_inet6", type: "INET6", values: ["'::'", "'2001:db8::ff00:42:8329'", "'::ffff:1.2.3.4'", "NULL"]),
        .init(name: "t_inet4", type: "INET4", values: ["'0.0.0.0'", "'255.0.0.0'", "'10.1.2.3'", "NULL"]),
        .init(
            name: "t_geom", type: "GEOMETRY",
            values: ["ST_GeomFromText('POINT(1 2)',4326)", "ST_GeomFromText('POLYGON((0 0,1 0,1 1,0 0))')", "NULL"]),
        .init(name: "t_point", type: "POINT", values: ["POINT(1.5,-2.5)", "NULL"]),
    ]

    /// One table with a key and one without for each type; the second shows that rows are found by all columns.
    static func schema() -> [String] {
        cases.flatMap { item in
            [
                "CREATE TABLE \(item.name) (id INT PRIMARY KEY, v \(item.type), n INT)",
                "CREATE TABLE \(item.name)_nokey (v \(item.type), n INT)",
            ]
        }
    }

    static func changes() -> [String] {
        var statements = ["USE shop", "SET sql_mode='ALLOW_INVALID_DATES', time_zone='+13:00'"]
        for item in cases {
            for (index, value) in item.values.enumerated() {
                statements.append(
                    "INSERT INTO \(item.name) VALUES (\(index), \(value), \(index)), (\(100 + index), \(value), 7)")
                statements.append("INSERT INTO \(item.name)_nokey VALUES (\(value), \(index)), (\(value), \(index))")
                statements.append("INSERT INTO \(item.name)_nokey VALUES (\(value), \(100 + index))")
            }
            for (index, value) in item.values.enumerated() {
                statements.append(
                    "UPDATE \(item.name) SET v=\(value), n=n+1 WHERE id=\((index + 1) % item.values.count)")
                statements.append("UPDATE \(item.name)_nokey SET n=n+1000 WHERE n=\(index) LIMIT 1")
                statements.append(
                    "UPDATE \(item.name)_nokey SET v=\(value) WHERE n=\(100 + (index + 1) % item.values.count)")
            }
            for index in item.values.indices {
                statements.append("DELETE FROM \(item.name) WHERE id=\(100 + index)")
                statements.append("DELETE FROM \(item.name)_nokey WHERE n=\(1000 + index)")
            }
        }
        return statements
    }

    @Test func everyTypeArrivesByInsertUpdateAndDelete() async throws {
        let harness = try await FollowerHarness.start(schema: Self.schema())
        try await harness.source.run(Self.changes())
        try await harness.drain()
        try await harness.expectEqual()
    }

    @Test func fullRowMetadataChangesNothing() async throws {
        let harness = try await FollowerHarness.start(
            schema: Self.schema(), sourceOptions: ["--binlog-row-metadata=FULL", "--binlog-checksum=NONE"])
        try await harness.source.run(Self.changes())
        try await harness.drain()
        try await harness.expectEqual()
    }
}
