/// Why a text is not the address of a server.
public struct RPCEndpointSyntaxError: Error, Sendable, Hashable, CustomStringConvertible {
    public let description: String

    init(_ text: String, _ why: String) {
        description = "\"\(text)\" is not the address of a server: \(why). Write host:port or unix:/path."
    }
}

extension RPCEndpoint {
    /// Reads `host:port`, `host`, `[::1]:port`, `::1` or `unix:/path`.
    ///
    /// - Parameters:
    ///   - defaultPort: The port when none is named.
    ///   - ports: What a port may be; a server may ask for 0, a free one.
    public init(
        parsing text: String, defaultPort: Int, ports: ClosedRange<Int> = 1...65_535
    ) throws(RPCEndpointSyntaxError) {
        if text.hasPrefix("unix:") {
            let path = String(text.dropFirst("unix:".count))
            // The kernel's limit on the path of a socket: 108 bytes with the NUL at its end.
            guard path.hasPrefix("/"), path.utf8.count < 108, !path.utf8.contains(0) else {
                throw RPCEndpointSyntaxError(text, "the path of a Unix socket begins with / and has at most 107 bytes")
            }
            self = .unix(path: path)
            return
        }
        let host: String
        let rest: Substring
        if text.hasPrefix("[") {
            guard let close = text.firstIndex(of: "]") else {
                throw RPCEndpointSyntaxError(text, "the closing bracket is missing")
            }
            host = String(text[text.index(after: text.startIndex)..<close])
            rest = text[text.index(after: close)...]
        } else if let colon = text.firstIndex(of: ":"), colon == text.lastIndex(of: ":") {
            host = String(text[..<colon])
            rest = text[colon...]
        } else {
            // No colon, or an IPv6 address without a port.
            host = text
            rest = ""
        }
        let isHost =
            !host.isEmpty && host.utf8.count <= 253
            && host.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "/") }
        guard isHost else { throw RPCEndpointSyntaxError(text, "a host name or address comes before the port") }
        guard !rest.isEmpty else {
            self = .tcp(host: host, port: defaultPort)
            return
        }
        guard rest.hasPrefix(":"), let port = Int(rest.dropFirst()), ports.contains(port) else {
            throw RPCEndpointSyntaxError(text, "the port is a number from \(ports.lowerBound) to \(ports.upperBound)")
        }
        self = .tcp(host: host, port: port)
    }
}
