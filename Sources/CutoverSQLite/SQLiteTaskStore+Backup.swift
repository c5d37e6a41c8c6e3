import CutoverTasks
import Dispatch
import Foundation
import GRDB

extension SQLiteTaskStore {
    /// Writes a compact copy of the store as it is now, while it goes on being used.
    ///
    /// The copy appears under its name only when it is whole and on the disk. The write-ahead log cannot shrink while the
    /// copy is made, so that a big store should be copied at a quiet time.
    /// - Parameter path: where the copy goes; must not exist.
    /// - Throws: `.failed` when the file exists or cannot be written, `.full`.
    public func backup(to path: String) async throws {
        guard !writer.isClosed else { throw TaskStoreError.closed }
        let source = options.path
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            DispatchQueue.global().async {
                continuation.resume(with: Result { try Self.copy(source, to: path) })
            }
        }
    }

    private static func copy(_ source: String, to path: String) throws {
        guard access(path, F_OK) != 0 else {
            throw TaskStoreError(.failed, "\(path) exists already: give the backup a new name")
        }
        let unfinished = path + ".part"
        unlink(unfinished)
        do {
            let reader = try ReaderSet.open(path: source, label: "cutover.store.backup")
            try reader.unsafeRead { try $0.execute(sql: "VACUUM INTO ?", arguments: [unfinished]) }
            try reader.close()
            try StoreFile.publish(unfinished, as: path)
        } catch {
            unlink(unfinished)
            throw TaskStoreError(database: error)
        }
    }
}
