import CutoverTasks
import GRDB

extension TaskStoreError {
    /// What an error of the database means to a caller. SQL and values stay out of the message.
    init(database error: any Error) {
        guard let error = error as? DatabaseError else {
            self = error as? TaskStoreError ?? TaskStoreError(.failed, "the store failed: \(type(of: error))")
            return
        }
        let code = error.extendedResultCode.rawValue
        switch error.resultCode {
        case .SQLITE_FULL:
            self = .diskFull
        case .SQLITE_IOERR where error.extendedResultCode == .SQLITE_IOERR_SHMSIZE:
            self = .diskFull
        case .SQLITE_CORRUPT, .SQLITE_NOTADB:
            self.init(.corrupt, "the database file is damaged (SQLite code \(code)); restore a backup")
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            self.init(.failed, "another program holds the database file; let only this server use it")
        case .SQLITE_CANTOPEN, .SQLITE_PERM, .SQLITE_READONLY, .SQLITE_AUTH:
            self.init(.failed, "the database file cannot be opened or written (SQLite code \(code)); check its rights")
        default:
            self.init(.failed, "the database failed with SQLite code \(code)")
        }
    }

    static let diskFull = TaskStoreError(.full, "the disk is full: nothing was written; make room and try again")
    static let closed = TaskStoreError(.closed, "the store is closed")
}

extension Error {
    /// True when the outcome of a failed sync is unknown: the kernel may have dropped the pages, so that going on could
    /// acknowledge writes that never reach the disk.
    var leavesDiskUnknown: Bool {
        guard let error = self as? DatabaseError else { return false }
        return [.SQLITE_IOERR_FSYNC, .SQLITE_IOERR_DIR_FSYNC, .SQLITE_IOERR_TRUNCATE].contains(error.extendedResultCode)
    }
}
