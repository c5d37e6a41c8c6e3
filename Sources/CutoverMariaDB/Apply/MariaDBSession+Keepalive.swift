internal import CMariaDB
internal import Glibc

extension MariaDBSession {
    /// Lets the kernel end the connection when the peer's host is gone, within about half a minute.
    ///
    /// For sessions whose read timeout must outlast a long DDL statement. It does nothing on a Unix socket, where a dead
    /// peer is seen at once.
    func watchForDeadPeer() {
        let descriptor = Int32(truncatingIfNeeded: mysql_get_socket(handle))
        func set(_ level: Int32, _ option: Int32, _ value: Int32) {
            var value = value
            _ = setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
        }
        set(SOL_SOCKET, SO_KEEPALIVE, 1)
        set(Int32(IPPROTO_TCP), TCP_KEEPIDLE, 10)
        set(Int32(IPPROTO_TCP), TCP_KEEPINTVL, 5)
        set(Int32(IPPROTO_TCP), TCP_KEEPCNT, 4)
        set(Int32(IPPROTO_TCP), TCP_USER_TIMEOUT, 30_000)
    }
}
