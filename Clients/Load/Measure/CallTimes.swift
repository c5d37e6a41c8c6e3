/// When a call was to begin, began and ended, in nanoseconds of ``MonotonicClock``.
struct CallTimes: Sendable, Hashable {
    /// When it was to be sent. In a closed loop, when it was.
    var intendedNs: UInt64
    var startedNs: UInt64
    var endedNs: UInt64

    /// The latency counts from the intended time, so that a call which had to wait for others shows that it did.
    var latencyNs: UInt64 { endedNs > intendedNs ? endedNs - intendedNs : 0 }
    var startDelayNs: UInt64 { startedNs > intendedNs ? startedNs - intendedNs : 0 }
}
