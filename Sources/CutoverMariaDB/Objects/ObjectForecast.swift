internal import CutoverModel

/// What the destination would refuse, as far as that can be told without trying.
struct ObjectForecast: Sendable {
    private let privileges: AccountPrivileges
    private let account: String
    /// Without SUPER the server refuses triggers while it writes a binary log (error 1419).
    private let needsSuper: Bool
    private let tables: Set<String>
    private let unknownZones: Set<String>

    static func read(_ destination: ObjectReader, for objects: [StoredObject]) async throws -> ObjectForecast {
        let connection = destination.connection
        let row = try await connection.query(
            "SELECT CURRENT_USER(), @@log_bin AND NOT @@log_bin_trust_function_creators", as: "read the settings"
        ).first
        let tables = try await connection.query(
            """
            SELECT table_schema, table_name FROM information_schema.tables
            WHERE table_schema IN (\(SQLText.list(destination.scope.databases)))
            """, as: "list the tables")
        var unknownZones = Set<String>()
        for zone in Set(objects.map(\.settings.timeZone)) where !zone.isEmpty {
            let known = try await connection.value(
                "SELECT CONVERT_TZ('2020-01-01', '+00:00', \(SQLText.string(zone))) IS NOT NULL")
            if known != "1" { unknownZones.insert(zone) }
        }
        return ObjectForecast(
            privileges: try await AccountPrivileges.read(connection), account: row?[0] ?? "",
            needsSuper: row?[1] == "1",
            tables: Set(tables.map { "\($0[0] ?? "").\($0[1] ?? "")" }), unknownZones: unknownZones)
    }

    /// Why the object could not be made; nil when nothing speaks against it.
    func refusal(of object: StoredObject) -> String? {
        let needed = object.kind == .event ? "EVENT" : "TRIGGER"
        if !privileges.has(needed, on: object.database) {
            return "the destination account lacks \(needed) on \(object.database)"
        }
        if object.definer != account, !privileges.hasGlobal("SET USER", "SUPER") {
            return "the destination account lacks SET USER, and the definer is \(object.definer)"
        }
        if object.kind == .trigger {
            if needsSuper, !privileges.hasGlobal("SUPER") {
                return "the destination account lacks SUPER, and log_bin_trust_function_creators is OFF there"
            }
            if !tables.contains("\(object.database).\(object.table)") { return "its table is not at the destination" }
        }
        if unknownZones.contains(object.settings.timeZone) {
            return
                "the destination does not know its time zone \(object.settings.timeZone); load the time zone tables there"
        }
        return nil
    }
}
