import CutoverTasks
import Foundation

/// What the store asks of the file system beside SQLite.
enum StoreFile {
    /// One name per file, so that a link does not get round the lock.
    static func resolved(_ path: String) -> String {
        let absolute = URL(fileURLWithPath: path).standardizedFileURL.path
        guard let real = realpath(absolute, nil) else { return absolute }
        defer { free(real) }
        return String(cString: real)
    }

    /// Makes an empty file that only this user may read, unless there is a file; SQLite gives its rights to the log too.
    static func create(_ path: String) throws {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw TaskStoreError(.failed, "cannot open \(path): \(reason); check the folder and its rights")
        }
        close(descriptor)
    }

    /// Makes the names of new files durable.
    static func syncFolder(of path: String) throws {
        let folder = open((path as NSString).deletingLastPathComponent, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw TaskStoreError(.failed, "cannot open the folder of \(path): \(reason)") }
        defer { close(folder) }
        guard fsync(folder) == 0 else {
            throw TaskStoreError(.failed, "cannot sync the folder of \(path): \(reason)")
        }
    }

    /// Syncs a finished file and gives it its name, which must be free. SQLite does not sync what VACUUM INTO writes.
    static func publish(_ unfinished: String, as path: String) throws {
        let descriptor = open(unfinished, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { throw TaskStoreError(.failed, "cannot open \(unfinished): \(reason)") }
        defer { close(descriptor) }
        guard fchmod(descriptor, 0o600) == 0, fsync(descriptor) == 0 else {
            throw TaskStoreError(.failed, "\(unfinished) was not written to the disk: \(reason)")
        }
        // A link, unlike a rename, never replaces a file that appeared meanwhile.
        guard link(unfinished, path) == 0 else {
            throw TaskStoreError(.failed, "cannot name the file \(path): \(reason)")
        }
        unlink(unfinished)
        try syncFolder(of: path)
    }

    private static var reason: String { String(cString: strerror(errno)) }
}
