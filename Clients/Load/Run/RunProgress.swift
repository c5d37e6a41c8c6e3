/// How far a run has come, for those who watch it.
enum RunProgress: Sendable {
    case preparing(done: Int, total: Int)
    case running(RunSample)
    case finishing
    case cleaning(done: Int)
}

/// What a run has measured up to now.
struct RunSample: Sendable {
    enum Phase: String, Sendable {
        case ramp, warmUp, measuring, lastAnswers
    }

    var phase: Phase
    var elapsedNs: UInt64
    var totalNs: UInt64
    /// Calls a second of each interval up to now, the ramp and warm-up too; the latest last.
    var rates: [Double]
    /// The latencies of the latest interval.
    var latest: LatencySummary
    /// Those since the window began.
    var total: LatencySummary
    var measured: UInt64
    var failed: UInt64
    var failures: [CallFailure: UInt64]
    var inFlight: Int?
    var itemsPerSecond: Double?
}
