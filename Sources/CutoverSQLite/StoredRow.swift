import CutoverModel
import CutoverTasks
import Foundation
import GRDBSQLite

/// The row that a statement stands on, good until its next step. Columns that are not of the type they must have are a damaged
/// row: an error, not a crash.
struct StoredRow {
    let statement: OpaquePointer

    func integer(_ index: Int32) throws -> Int64 {
        guard sqlite3_column_type(statement, index) == SQLITE_INTEGER else { throw Self.damaged }
        return sqlite3_column_int64(statement, index)
    }

    func text(_ index: Int32) throws -> String {
        guard sqlite3_column_type(statement, index) == SQLITE_TEXT,
            let bytes = sqlite3_column_text(statement, index)
        else { throw Self.damaged }
        let count = Int(sqlite3_column_bytes(statement, index))
        return String(decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self)
    }

    func blob(_ index: Int32) throws -> Data {
        guard let blob = try optionalBlob(index) else { throw Self.damaged }
        return blob
    }

    func optionalBlob(_ index: Int32) throws -> Data? {
        switch sqlite3_column_type(statement, index) {
        case SQLITE_BLOB:
            // An empty one has no address.
            guard let bytes = sqlite3_column_blob(statement, index) else { return Data() }
            return Data(bytes: bytes, count: Int(sqlite3_column_bytes(statement, index)))
        case SQLITE_NULL: return nil
        default: throw Self.damaged
        }
    }

    func status(_ index: Int32) throws -> TaskStatus {
        guard let number = Int32(exactly: try integer(index)) else { throw Self.damaged }
        return TaskStatus(rawValue: number)
    }

    private static var damaged: TaskStoreError {
        TaskStoreError(.corrupt, "a row of the store has a column of the wrong type; restore a backup")
    }
}
