import Foundation
import GRDB
import GRDBSQLite

/// What SQLite binds to a parameter.
protocol StatementValue {
    func bind(to statement: OpaquePointer, at index: Int32) -> Int32
}

extension Statement {
    /// Executes a statement that writes, with a value for each of its parameters in order.
    ///
    /// Binds straight to SQLite. Of GRDB's own arguments each is boxed, collected and compared with the statement at every
    /// execution; with the few statements that a commit repeats for each task, that took a third of the writer's time.
    /// - Throws: `DatabaseError`; the statement may be executed again.
    func run<each Value: StatementValue>(_ values: repeat each Value) throws {
        var index: Int32 = 0
        var code = SQLITE_OK
        for value in repeat each values {
            index += 1
            let bound = value.bind(to: sqliteStatement, at: index)
            if code == SQLITE_OK { code = bound }
        }
        if code == SQLITE_OK {
            code = sqlite3_step(sqliteStatement)
            // Reports the failure of the step again.
            sqlite3_reset(sqliteStatement)
        }
        guard code == SQLITE_DONE else {
            throw DatabaseError(resultCode: ResultCode(rawValue: code), sql: sql)
        }
    }
}

extension Int64: StatementValue {
    func bind(to statement: OpaquePointer, at index: Int32) -> Int32 { sqlite3_bind_int64(statement, index, self) }
}

extension Int: StatementValue {
    func bind(to statement: OpaquePointer, at index: Int32) -> Int32 { Int64(self).bind(to: statement, at: index) }
}

extension Bool: StatementValue {
    func bind(to statement: OpaquePointer, at index: Int32) -> Int32 { (self ? 1 : 0).bind(to: statement, at: index) }
}

extension String: StatementValue {
    func bind(to statement: OpaquePointer, at index: Int32) -> Int32 {
        var text = self
        return text.withUTF8 { bytes in
            // No bytes are an empty text; without an address SQLite would take them for NULL.
            guard let start = bytes.baseAddress, !bytes.isEmpty else {
                return sqlite3_bind_text(statement, index, "", 0, StatementText.copied)
            }
            return start.withMemoryRebound(to: CChar.self, capacity: bytes.count) {
                sqlite3_bind_text64(
                    statement, index, $0, UInt64(bytes.count), StatementText.copied, UInt8(SQLITE_UTF8))
            }
        }
    }
}

extension Data: StatementValue {
    func bind(to statement: OpaquePointer, at index: Int32) -> Int32 {
        withUnsafeBytes { bytes in
            guard let start = bytes.baseAddress else { return sqlite3_bind_zeroblob(statement, index, 0) }
            return sqlite3_bind_blob64(statement, index, start, UInt64(bytes.count), StatementText.copied)
        }
    }
}

private enum StatementText {
    /// `SQLITE_TRANSIENT`, which the importer cannot read: SQLite copies what it is given.
    static let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
}
