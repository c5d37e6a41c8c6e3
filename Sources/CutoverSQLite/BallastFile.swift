import Foundation

/// Reserved room on the store's disk, given up when the disk is full.
struct BallastFile: Sendable {
    var path: String
    /// 0 keeps none.
    var bytes: Int64

    var exists: Bool { access(path, F_OK) == 0 }

    /// Reserves the room, if twice as much is free: to take the last bytes would fill the disk again at once.
    ///
    /// - Returns: true when the file is there in full.
    func reserve() -> Bool {
        guard bytes > 0 else { return true }
        var found = stat()
        if stat(path, &found) == 0, Int64(found.st_size) >= bytes { return true }
        guard Self.freeBytes(beside: path) >= 2 * bytes else { return false }
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        guard posix_fallocate(descriptor, 0, off_t(bytes)) == 0 else {
            unlink(path)
            return false
        }
        return true
    }

    /// - Returns: true when there was room to give up.
    func release() -> Bool {
        bytes > 0 && unlink(path) == 0
    }

    /// Bytes that are free beside the file now.
    var freeBytes: Int64 { Self.freeBytes(beside: path) }

    private static func freeBytes(beside path: String) -> Int64 {
        var found = statvfs()
        let folder = (path as NSString).deletingLastPathComponent
        guard statvfs(folder.isEmpty ? "." : folder, &found) == 0 else { return 0 }
        let (bytes, overflow) = Int64(clamping: found.f_bavail).multipliedReportingOverflow(
            by: Int64(clamping: found.f_frsize))
        return overflow ? .max : bytes
    }
}
