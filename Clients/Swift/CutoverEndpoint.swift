import CutoverRPC

/// Reads the address of a server as people write it.
enum CutoverEndpoint {
    /// The port of `cutoverd` when none is named.
    static let defaultPort = 7450

    /// The most servers that one client may be told.
    static let maxCount = 16

    /// Reads one address, or several divided by commas.
    static func parseList(_ text: String) throws(CutoverError) -> [RPCEndpoint] {
        var endpoints: [RPCEndpoint] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let endpoint = try parse(String(part))
            if !endpoints.contains(endpoint) { endpoints.append(endpoint) }
        }
        guard endpoints.count <= maxCount else {
            throw CutoverError(
                .invalidArgument, "\(endpoints.count) servers were named; \(maxCount) are the most",
                reason: "INVALID_ADDRESS")
        }
        return endpoints
    }

    static func parse(_ text: String) throws(CutoverError) -> RPCEndpoint {
        do {
            return try RPCEndpoint(parsing: text, defaultPort: defaultPort)
        } catch {
            throw CutoverError(.invalidArgument, error.description, reason: "INVALID_ADDRESS")
        }
    }
}
