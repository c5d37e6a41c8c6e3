import CutoverTasks
import Foundation
import Synchronization

/// Keeps a second process, or a second store in this process, away from a database file.
///
/// An advisory lock on an open file description: the kernel drops it when its owner dies in whatever way. The lock file
/// stays: to remove it would let two owners hold locks on two files of the same name.
final class ProcessLock: Sendable {
    private let held: Mutex<Int32?>

    /// - Throws: `.inUse` with the owner's process id.
    init(path: String) throws {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw TaskStoreError(
                .failed, "cannot open \(path): \(String(cString: strerror(errno))); check the folder and its rights")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            let owner = Self.owner(descriptor)
            close(descriptor)
            guard code == EWOULDBLOCK else {
                throw TaskStoreError(.failed, "cannot lock \(path): \(String(cString: strerror(code)))")
            }
            throw TaskStoreError(.inUse, "the store is in use by process \(owner); stop that one first (\(path))")
        }
        held = Mutex(descriptor)
        let text = Array("\(getpid())\n".utf8)
        // The number serves the message only; a full disk must not keep the store from opening.
        if ftruncate(descriptor, 0) == 0 { _ = pwrite(descriptor, text, text.count, 0) }
    }

    deinit {
        release()
    }

    /// Lets others in; after the first call without effect.
    func release() {
        let descriptor = held.withLock { held in
            defer { held = nil }
            return held
        }
        if let descriptor { close(descriptor) }
    }

    private static func owner(_ descriptor: Int32) -> String {
        var bytes = [UInt8](repeating: 0, count: 20)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        let digits = bytes.prefix(max(0, count)).prefix { $0 >= 0x30 && $0 <= 0x39 }
        return digits.isEmpty ? "unknown" : String(decoding: digits, as: UTF8.self)
    }
}
