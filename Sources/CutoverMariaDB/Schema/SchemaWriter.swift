internal import CutoverTasks

/// Makes the schema at the destination, and takes away what an interrupted attempt made.
///
/// Every object is recorded in `_cutover.object` before it is made, so that only what is ours is ever dropped. All DDL
/// runs under the fence's lock.
struct SchemaWriter: Sendable {
    let fence: Fence
    let connection: MariaDBConnection

    /// Definitions come from SHOW CREATE, which writes defaults out; strictness must not reject what the source has.
    static let options = MariaDBConnectionOptions(
        sqlMode: "NO_ENGINE_SUBSTITUTION,NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES", readTimeoutSeconds: 86_400,
        setup: [
            "SET SESSION foreign_key_checks=0, check_constraint_checks=0, lock_wait_timeout=60",
            "SET SESSION max_statement_time=0, wait_timeout=604800, explicit_defaults_for_timestamp=1",
        ])

    /// Kinds of objects in the order in which they are dropped.
    enum Kind: String, Sendable, CaseIterable {
        case view = "VIEW"
        case procedure = "PROCEDURE"
        case function = "FUNCTION"
        case packageBody = "PACKAGE BODY"
        case package = "PACKAGE"
        case table = "TABLE"
        case sequence = "SEQUENCE"
    }

    func createDatabase(_ database: String, _ statement: String) async throws {
        let start = "CREATE DATABASE "
        guard statement.hasPrefix(start) else {
            throw ReplicationError(.schemaFailed, "The definition of database \(database) cannot be read.")
        }
        let text = "CREATE DATABASE IF NOT EXISTS " + statement.dropFirst(start.count)
        try await ddl { try $0.execute(text, as: "create database \(database)") }
    }

    /// Records and makes one object.
    ///
    /// - Throws: `.destinationClash` if something of this name is there that is not ours.
    func create(
        _ kind: Kind, database: String, name: String,
        _ body: @escaping @Sendable (MariaDBSession) throws -> Void
    ) async throws {
        let fence = self.fence
        let values = "\(fence.taskLiteral), '\(kind.rawValue)', \(SQLText.string(database)), \(SQLText.string(name))"
        try await ddl { session in
            let recorded = try session.execute(
                "INSERT IGNORE INTO \(Fence.objectTable) (task, kind, db, name) VALUES (\(values))",
                as: "record an object")
            do {
                try body(session)
            } catch let error as MariaDBError where error.isAlreadyThere {
                if recorded.affectedRows == 1 {
                    try session.execute(
                        "DELETE FROM \(Fence.objectTable) WHERE (task, kind, db, name)=(\(values))",
                        as: "forget an object")
                }
                throw ReplicationError(
                    .destinationClash,
                    """
                    \(kind.rawValue.lowercased()) \(database).\(name) exists at the destination and was not made by \
                    this task; drop or rename it there, or leave it out of the task.
                    """)
            }
        }
    }

    /// Runs a statement that changes an object of ours.
    func alter(_ statement: String, as operation: String) async throws {
        try await ddl { try $0.execute(statement, as: operation) }
    }

    /// Drops what this task had made and forgets it.
    func dropOwned() async throws {
        let rows = try await connection.query(
            "SELECT kind, db, name FROM \(Fence.objectTable) WHERE task=\(fence.taskLiteral)", as: "list own objects")
        for kind in Kind.allCases {
            for row in rows where row[0] == kind.rawValue {
                guard let database = row[1], let name = row[2] else { continue }
                let task = fence.taskLiteral
                try await ddl { session in
                    let statement = "DROP \(kind.rawValue) IF EXISTS \(SQLText.name(database, name))"
                    do {
                        try session.execute(statement, as: "drop \(database).\(name)")
                    } catch let error as MariaDBError where error.isMissingObject {
                        // The database itself is gone.
                    }
                    try session.execute(
                        """
                        DELETE FROM \(Fence.objectTable) WHERE task=\(task) AND kind='\(kind.rawValue)' \
                        AND db=\(SQLText.string(database)) AND name=\(SQLText.string(name))
                        """, as: "forget an object")
                }
            }
        }
    }

    private func ddl(_ body: @escaping @Sendable (MariaDBSession) throws -> Void) async throws {
        let fence = self.fence
        try await connection.withSession { session in try fence.onDDLSession(session) { try body(session) } }
    }
}
