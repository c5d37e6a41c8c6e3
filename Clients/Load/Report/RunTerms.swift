/// What a run was asked to do, as its report keeps it.
struct RunTerms: Sendable, Hashable, Codable {
    var mix: [OperationMix.Part]
    /// Calls a second that were asked for; nil in a closed loop.
    var rate: Double?
    var connections: Int
    /// Calls in flight of each connection, in a closed loop.
    var inFlight: Int?
    /// The most calls in flight at once, in an open loop.
    var inFlightLimit: Int?
    var rampMs: UInt64
    var warmUpMs: UInt64
    var durationMs: UInt64
    var payloadBytes: Int?
    var pageSize: UInt32?
    var batchSize: Int?
    var watchers: Int?
    /// Prepared tasks.
    var tasks: Int
    /// Whether these migrate real databases.
    var migratesDatabases: Bool
    var usesTLS: Bool
    var seed: UInt64

    /// The names of the operations with their weights, such as `echo` or `get 80, stop 20`.
    var mixText: String {
        guard mix.count > 1 else { return mix.first?.operation ?? "" }
        return mix.map { "\($0.operation) \($0.weight)" }.joined(separator: ", ")
    }
}
