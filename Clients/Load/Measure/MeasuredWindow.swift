/// The span of time that counts, in nanoseconds of ``MonotonicClock``: after ramp and warm-up, until the end.
struct MeasuredWindow: Sendable, Hashable {
    var startNs: UInt64
    var endNs: UInt64

    var lengthNs: UInt64 { endNs > startNs ? endNs - startNs : 0 }

    func contains(_ ns: UInt64) -> Bool { ns >= startNs && ns < endNs }
}
