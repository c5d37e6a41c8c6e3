import CutoverRPC

/// Reads the address of a server as people write it.
enum CutoverEndpoint {
    /// The port of `cutoverd` when none is named.
    static let defaultPort = 7450

    /// Reads `host:port`, `host`, `[::1]:port`, `::1` or `unix:/path`.
    static func parse(_ text: String) throws(CutoverError) -> RPCEndpoint {
        if text.hasPrefix("unix:") {
            let path = String(text.dropFirst("unix:".count))
            // The kernel's limit on the path of a socket: 108 bytes with the NUL at its end.
            guard path.hasPrefix("/"), path.utf8.count < 108, !path.utf8.contains(0) else {
                throw invalid(text, "the path of a Unix socket begins with / and has at most 107 bytes")
            }
            return .unix(path: path)
        }
        if text.hasPrefix("[") {
            guard let close = text.firstIndex(of: "]") else { throw invalid(text, "the closing bracket is missing") }
            let host = String(text[text.index(after: text.startIndex)..<close])
            return try tcp(text, host: host, rest: text[text.index(after: close)...])
        }
        guard let colon = text.firstIndex(of: ":") else { return try tcp(text, host: text, rest: "") }
        // More than one colon and no brackets: an IPv6 address without a port.
        guard colon == text.lastIndex(of: ":") else { return try tcp(text, host: text, rest: "") }
        return try tcp(text, host: String(text[..<colon]), rest: text[colon...])
    }

    private static func tcp(_ text: String, host: String, rest: Substring) throws(CutoverError) -> RPCEndpoint {
        let isHost =
            !host.isEmpty && host.utf8.count <= 253
            && host.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "/") }
        guard isHost else { throw invalid(text, "a host name or address comes before the port") }
        guard !rest.isEmpty else { return .tcp(host: host, port: defaultPort) }
        guard rest.hasPrefix(":"), let port = Int(rest.dropFirst()), (1...65_535).contains(port) else {
            throw invalid(text, "the port is a number from 1 to 65535")
        }
        return .tcp(host: host, port: port)
    }

    private static func invalid(_ text: String, _ why: String) -> CutoverError {
        CutoverError(
            .invalidArgument, "\"\(text)\" is not the address of a server: \(why). Write host:port or unix:/path.",
            reason: "INVALID_ADDRESS")
    }
}
