internal import CutoverTasks

/// Sends runs of row changes to the destination and checks what each did.
///
/// Every UPDATE and DELETE must find exactly one row for each change (the connection counts rows found, not rows changed);
/// anything else means that the destination is not a copy of the source any more and is reported by table, without values.
final class RowWriter {
    private struct StatementKey: Hashable {
        var table: ObjectIdentifier
        var kind: RowOperation.Kind
    }

    /// Bounds of one array of rows: the server's packet limit is far above, its memory for parameters is not.
    private static let arrayRows = 1000
    private static let arrayBytes = 1 << 20
    private static let statementLimit = 256
    static let strictMode = MariaDBConnectionOptions.dataMode
    private static let lenientMode = "NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES"

    private let session: MariaDBSession
    /// Prepared statements, with the definition that they were made from kept alive: its identity is the key.
    private var statements: [StatementKey: (PreparedStatement, TableDefinition)] = [:]
    private var skipsForeignKeys = false
    private var isLenient = false

    init(_ session: MariaDBSession) {
        self.session = session
    }

    func forgetStatements() { statements = [:] }

    func write(_ run: RowBatch.Run) throws {
        if case .sequence = run.table.kind {
            for operation in run.operations { try writeSequence(operation) }
            return
        }
        try setMode(skipsForeignKeys: run.skipsForeignKeys, isLenient: run.isLenient)
        let statement = try statement(for: run)
        var rows: [[BoundValue]] = []
        var bytes = 0
        for operation in run.operations {
            rows.append(try Self.parameters(operation))
            bytes += operation.footprintBytes
            if rows.count >= Self.arrayRows || bytes >= Self.arrayBytes {
                try execute(statement, rows, run)
                rows = []
                bytes = 0
            }
        }
        if !rows.isEmpty { try execute(statement, rows, run) }
        try setMode(skipsForeignKeys: run.skipsForeignKeys, isLenient: false)
    }

    private func execute(_ statement: PreparedStatement, _ rows: [[BoundValue]], _ run: RowBatch.Run) throws {
        let affected: UInt64
        do {
            affected = try statement.execute(rows)
        } catch let error as MariaDBError where error.code == .server && !error.isLockWait {
            throw Self.refused(error, run)
        }
        guard affected == UInt64(rows.count) else {
            throw ReplicationError(
                .divergence,
                """
                \(rows.count) rows of \(run.table.displayName) were to be changed at the destination, \(affected) were \
                found: it is not a copy of the source any more.
                """)
        }
    }

    /// Duplicate keys and broken foreign keys mean that the rows differ; other refusals are failures.
    private static func refused(_ error: MariaDBError, _ run: RowBatch.Run) -> any Error {
        let isDivergence = [1022, 1032, 1062, 1169, 1451, 1452, 1586, 1761, 1762].contains(error.serverCode)
        return ReplicationError(
            isDivergence ? .divergence : .applyFailed,
            "The destination refused a change of \(run.table.displayName): \(error.message) (error \(error.serverCode))."
        )
    }

    private func setMode(skipsForeignKeys: Bool, isLenient: Bool) throws {
        if skipsForeignKeys != self.skipsForeignKeys {
            try session.execute("SET SESSION foreign_key_checks=\(skipsForeignKeys ? 0 : 1)", as: "set up the session")
            self.skipsForeignKeys = skipsForeignKeys
        }
        if isLenient != self.isLenient {
            let mode = isLenient ? Self.lenientMode : Self.strictMode
            try session.execute("SET SESSION sql_mode='\(mode)'", as: "set up the session")
            self.isLenient = isLenient
        }
    }

    /// A sequence's row is written as a whole; a sequence table has no keys and one row.
    private func writeSequence(_ operation: RowOperation) throws {
        guard let after = operation.after else { return }
        let values = try after.map { value -> String in
            switch value {
            case .int(let number): return String(number)
            case .uint(let number): return String(number)
            default:
                throw ReplicationError(
                    .unsupported, "Sequence \(operation.table.displayName) has a row of an unknown shape.")
            }
        }
        let sql = "INSERT INTO \(operation.table.sqlName) VALUES (\(values.joined(separator: ",")))"
        try session.execute(sql, as: "set sequence \(operation.table.displayName)")
    }

    private func statement(for run: RowBatch.Run) throws -> PreparedStatement {
        let key = StatementKey(table: ObjectIdentifier(run.table), kind: run.kind)
        if let known = statements[key] { return known.0 }
        if statements.count >= Self.statementLimit { statements = [:] }
        let (sql, parameters) = Self.sql(run.table, run.kind)
        let statement = try PreparedStatement(
            session, sql, parameters: parameters, operation: "change rows of \(run.table.displayName)")
        statements[key] = (statement, run.table)
        return statement
    }
}

extension RowWriter {
    /// The columns by which a row is found: its key, or all that are stored.
    private static func identity(_ table: TableDefinition) -> [Int] {
        table.key.isEmpty ? table.writable : table.key
    }

    private static func condition(_ table: TableDefinition) -> String {
        if table.key.isEmpty {
            return table.writable.map { table.columns[$0].exactComparison }.joined(separator: " AND ") + " LIMIT 1"
        }
        return table.key.map { "\(SQLText.name(table.columns[$0].name))=?" }.joined(separator: " AND ")
    }

    static func sql(_ table: TableDefinition, _ kind: RowOperation.Kind) -> (String, [ParameterKind]) {
        let names = table.writable.map { SQLText.name(table.columns[$0].name) }
        let written = table.writable.map { table.columns[$0].parameter }
        let found = identity(table).map { table.columns[$0].parameter }
        switch kind {
        case .insert:
            let marks = names.map { _ in "?" }.joined(separator: ",")
            return ("INSERT INTO \(table.sqlName) (\(names.joined(separator: ","))) VALUES (\(marks))", written)
        case .update:
            let assignments = names.map { "\($0)=?" }.joined(separator: ",")
            return ("UPDATE \(table.sqlName) SET \(assignments) WHERE \(condition(table))", written + found)
        case .delete: return ("DELETE FROM \(table.sqlName) WHERE \(condition(table))", found)
        }
    }

    static func parameters(_ operation: RowOperation) throws(ReplicationError) -> [BoundValue] {
        let table = operation.table
        var values: [BoundValue] = []
        if operation.kind != .delete, let after = operation.after {
            for index in table.writable { values.append(try table.columns[index].bound(after[index])) }
        }
        if operation.kind != .insert, let before = operation.before {
            for index in identity(table) { values.append(try table.columns[index].bound(before[index])) }
        }
        return values
    }
}
