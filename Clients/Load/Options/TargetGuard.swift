import CutoverConsole
import CutoverRPC
import Glibc

/// Keeps load tests from servers that others use: only this machine may be loaded, unless the caller says that the server is
/// theirs.
enum TargetGuard {
    /// - Throws: ``UsageProblem`` when an address is none, or leads beyond this machine.
    static func check(_ address: String) throws(UsageProblem) {
        for part in address.split(separator: ",", omittingEmptySubsequences: false) {
            let endpoint: RPCEndpoint
            do {
                endpoint = try RPCEndpoint(parsing: String(part), defaultPort: 7450)
            } catch {
                throw UsageProblem(error.description)
            }
            guard case .tcp(let host, _) = endpoint else { continue }
            let addresses = resolve(host)
            guard !addresses.isEmpty else {
                throw UsageProblem("the name \(TextWidth.harmless(host)) cannot be resolved")
            }
            guard let foreign = addresses.first(where: { !isLoopback($0) }) else { continue }
            let shown = foreign == host ? host : "\(host) (\(foreign))"
            throw UsageProblem(
                "\(TextWidth.harmless(shown)) is not this machine. A load test can take a server out of service; "
                    + "if it is yours and nobody depends on it, give --i-own-this-server.")
        }
    }

    /// Whether nothing that goes there leaves the machine.
    static func isLoopback(_ address: String) -> Bool {
        address == "::1" || address.hasPrefix("127.") || address.hasPrefix("::ffff:127.")
    }

    /// The addresses of a host name, as numbers; none when it cannot be resolved.
    static func resolve(_ host: String) -> [String] {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, nil, &hints, &list) == 0 else { return [] }
        defer { freeaddrinfo(list) }
        var addresses: [String] = []
        var entry = list
        while let info = entry?.pointee {
            var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
            let code = getnameinfo(
                info.ai_addr, info.ai_addrlen, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST)
            // An address that cannot be written is one that cannot be judged.
            addresses.append(
                code == 0 ? String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self) : "?")
            entry = info.ai_next
        }
        return addresses
    }
}
