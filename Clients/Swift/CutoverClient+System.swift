public import CutoverModel
import CutoverServices

extension CutoverClient {
    /// Sends bytes to the server and returns what it sends back, for measurements.
    ///
    /// - Parameter payload: At most what a frame of the server holds, 1 MiB unless it was told otherwise.
    public func echo(_ payload: [UInt8], timeoutMs: UInt32? = nil) async throws(CutoverError) -> [UInt8] {
        try await call(timeoutMs) { options in
            try await EchoClient(client: self.rpc).echo(EchoRequest(payload: payload), options: options).payload
        }
    }

    /// The server's counters: connections, and calls by method.
    public func serverStats(timeoutMs: UInt32? = nil) async throws(CutoverError) -> ServerStats {
        try await call(timeoutMs) { options in
            try await StatsClient(client: self.rpc).get(GetStatsRequest(), options: options)
        }
    }
}
