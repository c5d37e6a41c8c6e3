import CutoverRPC

/// Reads the address of a server as people write it.
enum CutoverEndpoint {
    /// The port of `cutoverd` when none is named.
    static let defaultPort = 7450

    static func parse(_ text: String) throws(CutoverError) -> RPCEndpoint {
        do {
            return try RPCEndpoint(parsing: text, defaultPort: defaultPort)
        } catch {
            throw CutoverError(.invalidArgument, error.description, reason: "INVALID_ADDRESS")
        }
    }
}
