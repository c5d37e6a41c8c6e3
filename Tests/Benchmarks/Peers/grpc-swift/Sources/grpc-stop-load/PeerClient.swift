import GRPCCore
import GRPCNIOTransportHTTP2Posix

/// Clients of the measured server.
enum PeerClient {
    /// A client, whose connection is its own.
    static func make(port: Int) throws -> GRPCClient<HTTP2ClientTransport.Posix> {
        GRPCClient(
            transport: try .http2NIOPosix(
                target: .ipv4(address: "127.0.0.1", port: port), transportSecurity: .plaintext))
    }
}
