import CutoverModel
internal import CutoverRPC
internal import CutoverServices

/// Shows the server's counters.
struct StatsService: StatsHandler {
    let monitor: RPCServerMonitor
    let version: String
    let startedAtMs: Int64
    let nowMs: @Sendable () -> Int64

    func get(_ request: GetStatsRequest, context: CallContext) throws -> ServerStats {
        guard let statistics = monitor.statistics else {
            throw RPCError(.unavailable, "The server is starting. Try again.")
        }
        return ServerStats(
            version: version, startedAtMs: startedAtMs, nowMs: nowMs(),
            connections: UInt32(clamping: statistics.connections),
            connectionsAccepted: statistics.connectionsAccepted, connectionsRefused: statistics.connectionsRefused,
            unknownMethods: statistics.unknownMethods,
            methods: statistics.methods.map { method in
                MethodStats(
                    name: method.method.name, answered: method.answered, failed: method.failed,
                    notExecuted: method.notExecuted, live: UInt32(clamping: method.live), elapsedUs: method.elapsedUs)
            })
    }
}
