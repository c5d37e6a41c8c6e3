internal import CutoverModel
internal import CutoverTasks

/// The source must log every change in full, long enough, and let the account see every object.
struct SourceChecks: Sendable {
    let connection: MariaDBConnection
    let job: ReplicationJob

    private var scope: ReplicationScope {
        ReplicationScope(databases: job.databases, excludedTables: job.excludedTables)
    }
    private var list: String { SQLText.list(job.databases.sorted()) }

    /// The shortest time that binary logs should be kept, in seconds.
    private static let shortRetentionSeconds: UInt64 = 86_400

    func run(_ findings: inout FindingList) async throws -> SourceFacts {
        var facts = SourceFacts()
        facts.identity = try await connection.value(SourceFacts.identityQuery) ?? ""
        try await checkPrivileges(&findings)
        try await checkLog(&findings)
        try await checkDatabases(&findings, &facts)
        try await checkTables(&findings, &facts)
        try await checkColumns(&findings, &facts)
        try await checkObjects(&findings, &facts)
        return facts
    }

    // MARK: - Binary log

    private func checkLog(_ findings: inout FindingList) async throws {
        let row = try await connection.query(
            "SELECT @@log_bin, @@binlog_format, @@binlog_row_image, @@log_bin_compress, @@server_id, @@gtid_strict_mode, "
                + "CAST(@@expire_logs_days * 86400 AS UNSIGNED), @@gtid_binlog_pos", as: "read the log settings"
        ).first
        guard let row else { return }
        guard row[0] == "1" else {
            findings.error(
                "BINLOG_OFF", "source", "The source writes no binary log, so its changes cannot be followed.",
                "Set log_bin at the source and restart it.")
            return
        }
        if row[1] != "ROW" {
            findings.error(
                "BINLOG_FORMAT_NOT_ROW", "source",
                "binlog_format is \(row[1] ?? "unknown"); statements cannot be carried over exactly.",
                "Set binlog_format=ROW at the source and let every session reconnect.")
        }
        if row[2] != "FULL" {
            findings.error(
                "BINLOG_ROW_IMAGE_NOT_FULL", "source",
                "binlog_row_image is \(row[2] ?? "unknown"); rows are logged in part.",
                "Set binlog_row_image=FULL at the source and let every session reconnect.")
        }
        if row[3] == "1" {
            findings.error(
                "BINLOG_COMPRESSED", "source", "log_bin_compress is ON; compressed events are not read.",
                "Set log_bin_compress=OFF at the source.")
        }
        if row[5] == "0" {
            findings.add(
                .note, "GTID_STRICT_MODE_OFF", "source",
                "gtid_strict_mode is OFF: transactions written out of order would not be noticed.")
        }
        try await checkRetention(&findings)
        // Without the privilege for it, the missing privilege is a finding of its own.
        let filters = try? await connection.query("SHOW MASTER STATUS", as: "read the log position").first
        for name in ["Binlog_Do_DB", "Binlog_Ignore_DB"] {
            guard let value = filters?[name], !value.isEmpty else { continue }
            findings.error(
                "BINLOG_FILTERED", "source",
                "The source leaves databases out of its binary log (\(name.lowercased())).",
                "Remove the filter, or the changes of those databases are lost.")
        }
        if let prepared = try? await connection.query("XA RECOVER", as: "list prepared transactions"), !prepared.isEmpty
        {
            findings.warning(
                "XA_PREPARED", "source",
                "\(prepared.count) XA transactions are prepared; when one commits, the task fails.",
                "Commit or roll them back first.")
        }
    }

    private func checkRetention(_ findings: inout FindingList) async throws {
        let seconds = try await connection.query(
            "SHOW GLOBAL VARIABLES WHERE variable_name='binlog_expire_logs_seconds'", as: "read the log settings"
        ).first.flatMap { $0.unsigned("Value") }
        let days = try await connection.value("SELECT CAST(CEIL(@@expire_logs_days * 86400) AS UNSIGNED)")
        let retention = seconds ?? days.flatMap { UInt64($0) } ?? 0
        if retention > 0, retention < Self.shortRetentionSeconds {
            findings.warning(
                "BINLOG_RETENTION_SHORT", "source",
                "Binary logs are purged after \(retention) s; a task held for longer is lost.",
                "Set binlog_expire_logs_seconds to \(Self.shortRetentionSeconds) or more for the time of the migration."
            )
        }
    }

    // MARK: - Databases and privileges

    private func checkDatabases(_ findings: inout FindingList, _ facts: inout SourceFacts) async throws {
        let row = try await connection.query(
            "SELECT @@lower_case_table_names, @@max_allowed_packet", as: "read the settings"
        ).first
        facts.lowerCaseTableNames = row?[0] ?? ""
        facts.maxAllowedPacket = row?[1].flatMap { UInt64($0) } ?? 0
        let rows = try await connection.query(
            "SELECT schema_name, default_collation_name FROM information_schema.schemata WHERE schema_name IN (\(list))",
            as: "list the databases")
        facts.databases = rows.compactMap { $0[0] }
        facts.collations.formUnion(rows.compactMap { $0[1] })
        for database in job.databases where !facts.databases.contains(database) {
            findings.error(
                "DATABASE_MISSING", database, "The source has no database of this name that the account can see.",
                "Correct the name, or grant the account SELECT on it.")
        }
    }

    private func checkPrivileges(_ findings: inout FindingList) async throws {
        let privileges = try await AccountPrivileges.read(connection)
        func need(_ held: Bool, _ name: String, _ object: String, _ why: String) {
            guard !held else { return }
            findings.error(
                "PRIVILEGE_MISSING", object, "The source account lacks \(name): \(why).",
                "GRANT \(name) ON \(object == "source" ? "*.*" : "\(object).*") to the account.")
        }
        need(
            privileges.hasGlobal("REPLICATION SLAVE"), "REPLICATION SLAVE", "source", "it cannot read the binary log")
        need(
            privileges.hasGlobal("BINLOG MONITOR", "REPLICATION CLIENT", "SUPER"), "BINLOG MONITOR", "source",
            "it cannot ask for the log position")
        if !privileges.hasGlobal("RELOAD") {
            findings.warning(
                "PRIVILEGE_MISSING", "source",
                "The source account lacks RELOAD: on a busy source one connection alone copies.",
                "GRANT RELOAD ON *.* to the account for a parallel copy.")
        }
        for database in job.databases {
            need(privileges.has("SELECT", on: database), "SELECT", database, "it cannot read the rows")
            need(privileges.has("SHOW VIEW", on: database), "SHOW VIEW", database, "it cannot read views")
            need(privileges.has("TRIGGER", on: database), "TRIGGER", database, "triggers look like none at the stop")
            need(privileges.has("EVENT", on: database), "EVENT", database, "events look like none at the stop")
        }
    }

    // MARK: - Tables and columns

    private func checkTables(_ findings: inout FindingList, _ facts: inout SourceFacts) async throws {
        let rows = try await connection.query(
            """
            SELECT t.table_schema, t.table_name, t.table_type, t.engine, t.table_rows, t.data_length, t.table_collation,
              EXISTS (SELECT 1 FROM information_schema.statistics s WHERE s.table_schema=t.table_schema
                AND s.table_name=t.table_name AND s.non_unique=0)
            FROM information_schema.tables t WHERE t.table_schema IN (\(list)) ORDER BY 1, 2
            """, as: "list the tables")
        for row in rows {
            guard let database = row[0], let name = row[1], scope.contains(database: database, table: name) else {
                continue
            }
            let table = "\(database).\(name)"
            facts.tableNames.append(table)
            if row[2] == "SYSTEM VERSIONED" {
                findings.error(
                    "SYSTEM_VERSIONED", table,
                    "System-versioned tables are not carried over: their history cannot be written.",
                    "Leave the table out of the task, or drop its versioning.")
            }
            guard row[2] == "BASE TABLE" else { continue }
            facts.tables += 1
            facts.rows += row[4].flatMap { UInt64($0) } ?? 0
            facts.bytes += row[5].flatMap { UInt64($0) } ?? 0
            if let collation = row[6] { facts.collations.insert(collation) }
            if row[3] != "InnoDB" {
                findings.warning(
                    "NOT_TRANSACTIONAL", table,
                    "The engine \(row[3] ?? "unknown") has no transactions: a crash may leave it inexact.",
                    "Convert the table to InnoDB before the migration if it must be exact.")
            }
            if row[7] == "0" {
                findings.add(
                    .note, "NO_KEY", table,
                    "The table has no unique key: it is copied in one stream and its changes are slow.",
                    "Add a primary key if it is large or changes much.")
            }
        }
    }

    /// Every type that the decoder knows; anything else is refused here by its name.
    static let knownTypes: Set<String> = [
        "tinyint", "smallint", "mediumint", "int", "bigint", "decimal", "float", "double", "bit", "date", "time",
        "datetime",
        "timestamp", "year", "char", "varchar", "binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob",
        "tinytext",
        "text", "mediumtext", "longtext", "enum", "set", "json", "uuid", "inet4", "inet6", "geometry", "point",
        "linestring",
        "polygon", "multipoint", "multilinestring", "multipolygon", "geometrycollection",
    ]

    private func checkColumns(_ findings: inout FindingList, _ facts: inout SourceFacts) async throws {
        let known = SQLText.list(Self.knownTypes.sorted())
        let rows = try await connection.query(
            """
            SELECT table_schema, table_name, column_name, data_type, column_type LIKE '%COMPRESSED%'
            FROM information_schema.columns WHERE table_schema IN (\(list))
              AND (data_type NOT IN (\(known)) OR column_type LIKE '%COMPRESSED%'
                OR (column_type LIKE '%mariadb-5.3%' AND datetime_precision > 0))
            ORDER BY 1, 2, ordinal_position
            """, as: "list the columns")
        for row in rows {
            guard let database = row[0], let table = row[1], let column = row[2],
                scope.contains(database: database, table: table)
            else { continue }
            let compressed = row[4] == "1"
            findings.error(
                compressed ? "COLUMN_COMPRESSED" : "COLUMN_TYPE_UNSUPPORTED", "\(database).\(table).\(column)",
                compressed
                    ? "COMPRESSED columns are not carried over."
                    : "This form of the column type \(row[3] ?? "") is not carried over.",
                "Change the column's type, or leave the table out of the task.")
        }
        let collations = try await connection.query(
            "SELECT DISTINCT collation_name FROM information_schema.columns WHERE table_schema IN (\(list)) "
                + "AND collation_name IS NOT NULL", as: "list the collations")
        facts.collations.formUnion(collations.compactMap { $0[0] })
    }

    // MARK: - Triggers, events, definers

    private func checkObjects(_ findings: inout FindingList, _ facts: inout SourceFacts) async throws {
        facts.triggers = try await count("triggers", "trigger_schema")
        facts.events = try await count("events", "event_schema")
        let definers = try await connection.query(
            """
            SELECT definer FROM information_schema.triggers WHERE trigger_schema IN (\(list))
            UNION SELECT definer FROM information_schema.events WHERE event_schema IN (\(list))
            UNION SELECT definer FROM information_schema.views WHERE table_schema IN (\(list))
            UNION SELECT definer FROM information_schema.routines WHERE routine_schema IN (\(list))
            """, as: "list the definers")
        facts.definers = Set(definers.compactMap { $0[0] })
        let zones = try await connection.query(
            "SELECT DISTINCT time_zone FROM information_schema.events WHERE event_schema IN (\(list))",
            as: "list the events' time zones")
        facts.timeZones = Set(zones.compactMap { $0[0] })
        let unreadable = try await connection.query(
            """
            SELECT routine_schema, routine_name FROM information_schema.routines
            WHERE routine_schema IN (\(list)) AND routine_definition IS NULL
            """, as: "list the routines")
        for row in unreadable {
            findings.error(
                "ROUTINE_UNREADABLE", "\(row[0] ?? "").\(row[1] ?? "")",
                "The source account may not read this routine's definition.",
                "Grant it SELECT on mysql.proc, or SHOW CREATE ROUTINE where the server has that.")
        }
    }

    private func count(_ table: String, _ schema: String) async throws -> UInt64 {
        try await connection.value(
            "SELECT COUNT(*) FROM information_schema.\(table) WHERE \(schema) IN (\(list))", as: "count the \(table)"
        ).flatMap { UInt64($0) } ?? 0
    }
}
