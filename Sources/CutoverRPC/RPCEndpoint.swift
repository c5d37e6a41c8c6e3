/// Where a server listens.
public enum RPCEndpoint: Sendable, Hashable, CustomStringConvertible {
    /// A host name or address, and a port. A server may bind port 0 and report the one it got.
    case tcp(host: String, port: Int)
    /// A Unix socket. The permissions of its folder say who may connect.
    case unix(path: String)

    public var description: String {
        switch self {
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): "unix:\(path)"
        }
    }
}
