#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// What changes when a file is written or replaced; nil members stand for a file that is not there.
package struct FileStamp: Sendable, Hashable {
    private let inode: UInt64?
    private let size: Int64?
    private let seconds: Int?
    private let nanoseconds: Int?
    /// The permission bits.
    package let mode: UInt32?

    package init(path: String) {
        var info = stat()
        guard stat(path, &info) == 0 else {
            inode = nil
            size = nil
            seconds = nil
            nanoseconds = nil
            mode = nil
            return
        }
        inode = UInt64(info.st_ino)
        size = Int64(info.st_size)
        mode = UInt32(info.st_mode) & 0o7777
        #if canImport(Darwin)
            seconds = info.st_mtimespec.tv_sec
            nanoseconds = info.st_mtimespec.tv_nsec
        #else
            seconds = info.st_mtim.tv_sec
            nanoseconds = info.st_mtim.tv_nsec
        #endif
    }

    package var exists: Bool { inode != nil }
}
