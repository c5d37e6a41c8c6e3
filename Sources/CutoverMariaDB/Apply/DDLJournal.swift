internal import CutoverTasks

/// Remembers at the destination which change of schema is under way, because DDL commits by itself.
///
/// The intent is written before, with a fingerprint of the objects named; it goes away in the transaction that moves the
/// checkpoint. After a crash in between, the fingerprint tells whether the statement ran: MariaDB's DDL is atomic for each
/// statement, and a statement that leaves the definition as it was may run twice.
struct DDLJournal {
    struct Entry: Equatable {
        var gtid: String
        var fingerprint: String
    }

    static let table = "`_cutover`.`ddl_journal`"

    let fence: Fence

    private var condition: String { "task=\(fence.taskLiteral)" }

    func createIfMissing(_ session: MariaDBSession) throws {
        try session.execute(
            """
            CREATE TABLE IF NOT EXISTS \(Self.table) (
              task VARCHAR(128) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
              gtid VARCHAR(64) CHARACTER SET ascii NOT NULL,
              fingerprint CHAR(64) CHARACTER SET ascii NOT NULL) ENGINE=InnoDB
            """, as: "create the DDL journal")
    }

    func entry(_ session: MariaDBSession) throws -> Entry? {
        let rows = try session.query(
            "SELECT gtid, fingerprint FROM \(Self.table) WHERE \(condition)", as: "read the DDL journal")
        guard let row = rows.first, let gtid = row[0], let fingerprint = row[1] else { return nil }
        return Entry(gtid: gtid, fingerprint: fingerprint)
    }

    func write(_ entry: Entry, _ session: MariaDBSession) throws {
        try session.execute(
            """
            REPLACE INTO \(Self.table) (task, gtid, fingerprint) VALUES (\(fence.taskLiteral), \
            \(SQLText.string(entry.gtid)), \(SQLText.string(entry.fingerprint)))
            """, as: "write the DDL journal")
    }

    /// Within the transaction that moves the checkpoint.
    func clear(_ session: MariaDBSession) throws {
        try session.execute("DELETE FROM \(Self.table) WHERE \(condition)", as: "clear the DDL journal")
    }

    /// A digest of the definitions of the objects that a statement names, as the destination has them now.
    static func fingerprint(_ statement: DDLStatement, _ session: MariaDBSession) throws -> String {
        var text = ""
        for target in statement.targets { text += try definition(target, statement.kind, session) + "\n" }
        let digest = try session.query("SELECT SHA2(\(SQLText.bytes(text.utf8)), 256)", as: "digest a definition")
        return digest.first?[0] ?? ""
    }

    private static func definition(
        _ target: ObjectName, _ kind: String, _ session: MariaDBSession
    ) throws -> String {
        guard let object = target.object else {
            return try show("DATABASE \(SQLText.name(target.database))", session)
        }
        let name = SQLText.name(target.database, object)
        switch kind.split(separator: " ").last {
        case "PROCEDURE": return try show("PROCEDURE \(name)", session)
        case "FUNCTION": return try show("FUNCTION \(name)", session)
        case "PACKAGE": return try show("PACKAGE \(name)", session) + show("PACKAGE BODY \(name)", session)
        default: return try show("TABLE \(name)", session)
        }
    }

    private static func show(_ what: String, _ session: MariaDBSession) throws -> String {
        do throws(MariaDBError) {
            let rows = try session.query("SHOW CREATE \(what)", as: "read a definition")
            guard let row = rows.first else { return "-" }
            return (0..<row.count).map { row[$0] ?? "" }.joined(separator: "\u{1F}")
        } catch {
            guard error.code == .server, !error.isPrivilege else { throw error }
            // Missing objects have many error codes: by kind, and for a view over missing tables.
            return "absent \(error.serverCode)"
        }
    }
}
