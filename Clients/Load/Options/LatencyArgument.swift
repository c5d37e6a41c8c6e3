import ArgumentParser

/// A latency on the command line: `500us`, `2ms`, `1.5s`. Always with a unit.
struct LatencyArgument: Hashable, Sendable, ExpressibleByArgument {
    var ns: UInt64

    init?(argument: String) {
        guard let ns = LatencyFormat.parse(argument) else { return nil }
        self.ns = ns
    }
}
