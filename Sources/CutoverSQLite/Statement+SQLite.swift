import GRDB
import GRDBSQLite

/// Statements bound, stepped and read straight on SQLite.
///
/// Of GRDB's own arguments and rows each value is boxed, collected and compared with the statement, at every execution: with the
/// few statements that a commit repeats for each task, that took a third of the writer's time. All throw `DatabaseError`, and
/// the statement may be executed again.
extension Statement {
    /// Executes a statement that writes.
    /// - Parameter values: one for each parameter, in order.
    func run<each Value: StatementValue>(_ values: repeat each Value) throws {
        try bind(repeat each values)
        let code = sqlite3_step(sqliteStatement)
        sqlite3_reset(sqliteStatement)
        guard code == SQLITE_DONE else { throw failure(code) }
    }

    /// The first row of a query; nil when there is none.
    func first<each Value: StatementValue, Result>(
        _ values: repeat each Value, read: (StoredRow) throws -> Result
    ) throws -> Result? {
        try bind(repeat each values)
        var found: Result?
        try forEachRow {
            found = try read($0)
            return false
        }
        return found
    }

    /// All rows of a query.
    func all<each Value: StatementValue, Result>(
        _ values: repeat each Value, read: (StoredRow) throws -> Result
    ) throws -> [Result] {
        try bind(repeat each values)
        var found: [Result] = []
        try forEachRow {
            found.append(try read($0))
            return true
        }
        return found
    }

    /// The rows of a query whose parameters are known only when it runs.
    /// - Parameter read: returns false when it needs no more.
    func forEachRow(_ values: [any StatementValue], read: (StoredRow) throws -> Bool) throws {
        var code = SQLITE_OK
        for (place, value) in values.enumerated() where code == SQLITE_OK {
            code = value.bind(to: sqliteStatement, at: Int32(place + 1))
        }
        try check(code, bound: Int32(values.count))
        try forEachRow(read)
    }

    private func bind<each Value: StatementValue>(_ values: repeat each Value) throws {
        var count: Int32 = 0
        var code = SQLITE_OK
        for value in repeat each values {
            count += 1
            let bound = value.bind(to: sqliteStatement, at: count)
            if code == SQLITE_OK { code = bound }
        }
        try check(code, bound: count)
    }

    private func check(_ code: Int32, bound count: Int32) throws {
        guard code == SQLITE_OK else { throw failure(code) }
        guard count == sqlite3_bind_parameter_count(sqliteStatement) else { throw failure(SQLITE_MISUSE) }
    }

    private func forEachRow(_ read: (StoredRow) throws -> Bool) throws {
        defer { sqlite3_reset(sqliteStatement) }
        while true {
            let code = sqlite3_step(sqliteStatement)
            guard code == SQLITE_ROW else {
                guard code == SQLITE_DONE else { throw failure(code) }
                return
            }
            guard try read(StoredRow(statement: sqliteStatement)) else { return }
        }
    }

    private func failure(_ code: Int32) -> DatabaseError {
        DatabaseError(resultCode: ResultCode(rawValue: code), sql: sql)
    }
}
