/// How long the parts of a run take, in nanoseconds: the load rises over the ramp, then goes on unmeasured for the warm-up,
/// then is measured.
struct RunTimes: Sendable, Hashable {
    var rampNs: UInt64
    var warmUpNs: UInt64
    var durationNs: UInt64

    var totalNs: UInt64 { rampNs + warmUpNs + durationNs }

    func window(fromNs startNs: UInt64) -> MeasuredWindow {
        let begin = startNs + rampNs + warmUpNs
        return MeasuredWindow(startNs: begin, endNs: begin + durationNs)
    }

    /// How long one point of a plot over time is: a second, less in a short run.
    var intervalNs: UInt64 { min(1_000_000_000, max(100_000_000, durationNs / 20)) }
}
