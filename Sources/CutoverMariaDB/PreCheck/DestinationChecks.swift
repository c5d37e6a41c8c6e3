internal import CutoverModel
internal import CutoverTasks

/// The destination must take rows fast, hold no table of the same name, and know every definer and collation.
struct DestinationChecks: Sendable {
    let connection: MariaDBConnection
    let job: ReplicationJob

    /// What the worker does in a migrated database.
    private static let databasePrivileges = [
        "SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "ALTER", "DROP", "INDEX", "REFERENCES", "TRIGGER", "EVENT",
        "CREATE VIEW",
        "SHOW VIEW", "CREATE ROUTINE", "ALTER ROUTINE",
    ]

    func run(_ source: SourceFacts?, _ findings: inout FindingList) async throws {
        try await checkSettings(source, &findings)
        try await checkPrivileges(source, &findings)
        try await checkClashes(source, &findings)
        guard let source else { return }
        try await checkDefiners(source, &findings)
        try await checkCollations(source, &findings)
        try await checkTimeZones(source, &findings)
    }

    private func checkSettings(_ source: SourceFacts?, _ findings: inout FindingList) async throws {
        let row = try await connection.query(
            "SELECT @@read_only, @@local_infile, @@event_scheduler, @@lower_case_table_names, @@max_allowed_packet",
            as: "read the settings"
        ).first
        guard let row else { return }
        if row[0] == "1" {
            findings.error(
                "DESTINATION_READ_ONLY", "destination", "read_only is ON at the destination.",
                "Set read_only=OFF there.")
        }
        if row[1] != "1" {
            findings.error(
                "LOCAL_INFILE_OFF", "destination", "local_infile is OFF; rows cannot be loaded.",
                "Set local_infile=ON at the destination for the time of the migration.")
        }
        guard let source else { return }
        if source.events > 0, row[2] == "OFF" {
            findings.warning(
                "EVENT_SCHEDULER_OFF", "destination",
                "event_scheduler is OFF: the \(source.events) events will be created but not run.",
                "Set event_scheduler=ON at the destination when it takes over.")
        }
        if row[3] != source.lowerCaseTableNames {
            findings.error(
                "LOWER_CASE_TABLE_NAMES", "destination",
                "lower_case_table_names differs between the ends; names would not match.",
                "Use a destination with the source's setting.")
        }
        if let packet = row[4].flatMap({ UInt64($0) }), packet < source.maxAllowedPacket {
            findings.warning(
                "MAX_ALLOWED_PACKET", "destination",
                "max_allowed_packet is smaller than the source's: a large row would not fit.",
                "Set it to \(source.maxAllowedPacket) or more.")
        }
        if try await connection.value(SourceFacts.identityQuery) == source.identity {
            findings.error(
                "SAME_SERVER", "destination", "Source and destination are the same server.", "A task needs two servers."
            )
        }
    }

    private func checkPrivileges(_ source: SourceFacts?, _ findings: inout FindingList) async throws {
        let privileges = try await AccountPrivileges.read(connection)
        for database in job.databases + [Fence.database] {
            let wanted =
                database == Fence.database
                ? ["SELECT", "INSERT", "UPDATE", "DELETE", "CREATE"] : Self.databasePrivileges
            let missing = wanted.filter { !privileges.has($0, on: database) }
            guard !missing.isEmpty else { continue }
            findings.error(
                "PRIVILEGE_MISSING", database, "The destination account lacks \(missing.joined(separator: ", ")).",
                "GRANT them ON \(database).* to the account.")
        }
        let account = try await connection.value("SELECT CURRENT_USER()") ?? ""
        let others = (source?.definers ?? []).filter { $0 != account }
        if !others.isEmpty, !privileges.hasGlobal("SET USER", "SUPER") {
            findings.error(
                "PRIVILEGE_MISSING", "destination",
                "The destination account lacks SET USER, and \(others.count) accounts own objects.",
                "GRANT SET USER ON *.* to the account.")
        }
    }

    /// Tables of these names that this task did not make.
    private func checkClashes(_ source: SourceFacts?, _ findings: inout FindingList) async throws {
        let rows = try await connection.query(
            """
            SELECT table_schema, table_name FROM information_schema.tables
            WHERE table_schema IN (\(SQLText.list(job.databases.sorted())))
            """, as: "list the tables")
        let there = Set(rows.map { "\($0[0] ?? "").\($0[1] ?? "")" })
        guard !there.isEmpty else { return }
        var own = Set<String>()
        let hasRecord = try await connection.value(
            "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema='\(Fence.database)' AND table_name='object'"
        )
        if hasRecord == "1" {
            let made = try await connection.query(
                "SELECT db, name FROM \(Fence.objectTable) WHERE task=\(SQLText.string(job.taskID))",
                as: "list what the task made")
            own = Set(made.map { "\($0[0] ?? "").\($0[1] ?? "")" })
        }
        for table in (source?.tableNames ?? []).sorted() where there.contains(table) && !own.contains(table) {
            findings.error(
                "DESTINATION_CLASH", table, "The destination already has this table, and it is not this task's.",
                "Move or drop it there, or leave it out of the task.")
        }
    }

    private func checkDefiners(_ source: SourceFacts, _ findings: inout FindingList) async throws {
        guard
            let rows = try? await connection.query(
                "SELECT user, host FROM mysql.user UNION SELECT user, '' FROM mysql.user WHERE is_role='Y'",
                as: "list the accounts")
        else {
            findings.add(
                .note, "DEFINERS_UNKNOWN", "destination",
                "The destination account may not read mysql.user, so missing definers cannot be found.")
            return
        }
        let accounts = Set(rows.map { "\($0[0] ?? "")@\($0[1] ?? "")" })
        for definer in source.definers.sorted() where !accounts.contains(definer) && !accounts.contains(definer + "@") {
            findings.warning(
                "DEFINER_MISSING", definer,
                "This account owns triggers, events, views or routines and does not exist at the destination.",
                "Create it there before the stop: its triggers and events are not made without it, its other objects fail."
            )
        }
    }

    private func checkCollations(_ source: SourceFacts, _ findings: inout FindingList) async throws {
        let rows = try await connection.query(
            "SELECT collation_name, full_collation_name FROM information_schema.collation_character_set_applicability",
            as: "list the collations")
        let known = Set(rows.flatMap { [$0[0], $0[1]] }.compactMap { $0 })
        for collation in source.collations.sorted() where !known.contains(collation) {
            findings.error(
                "COLLATION_MISSING", collation, "The destination does not know this collation.",
                "Use a newer destination, or change the collation at the source.")
        }
    }

    private func checkTimeZones(_ source: SourceFacts, _ findings: inout FindingList) async throws {
        for zone in source.timeZones.sorted() {
            let known = try await connection.value(
                "SELECT CONVERT_TZ('2020-01-01', '+00:00', \(SQLText.string(zone))) IS NOT NULL")
            guard known == "0" else { continue }
            findings.warning(
                "TIME_ZONE_MISSING", zone, "The destination does not know this time zone of an event.",
                "Load its time zone tables (mariadb-tzinfo-to-sql).")
        }
    }
}
