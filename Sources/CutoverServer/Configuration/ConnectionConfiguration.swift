internal import CutoverRPC

/// What can be set about the connections of clients.
public struct ConnectionConfiguration: Sendable, Hashable {
    /// The most connections at once; 0 takes 4,096, or as many as the process's limit on descriptors allows.
    public var maxConnections = 0
    /// After how long a connection is drained, so that clients spread over servers anew; up to a tenth later at random. In
    /// milliseconds, 0 never.
    public var maxAgeMs = 0

    public init() {}

    /// - Parameter descriptorLimit: how many files the process may have open.
    func apply(to listener: inout RPCServerConfiguration, descriptorLimit: Int) throws(ConfigurationError) {
        listener.maxConnectionAgeMs = UInt32(clamping: maxAgeMs)
        if maxConnections > 0 { listener.maxConnections = maxConnections }
        DescriptorLimit.bound(&listener, to: descriptorLimit)
        guard maxConnections <= listener.maxConnections else {
            throw ConfigurationError(
                "max_connections: \(maxConnections) connections need a limit of \(2 * maxConnections) open files, and the process "
                    + "may have \(descriptorLimit). Raise the limit (ulimit -n, LimitNOFILE), or set less.")
        }
    }
}

extension ServerConfiguration {
    static let connectionSettings: [Setting] = [
        number("max_connections", \.connections.maxConnections, 0...1_000_000),
        number("max_connection_age_ms", \.connections.maxAgeMs, 0...2_592_000_000),
    ]
}
