package import NIOCore

extension SocketAddress {
    /// Whether nothing that goes there leaves the machine.
    package var staysOnThisMachine: Bool {
        if case .unixDomainSocket = self { return true }
        guard let ip = ipAddress else { return false }
        return ip == "::1" || ip.hasPrefix("127.") || ip.hasPrefix("::ffff:127.")
    }
}
