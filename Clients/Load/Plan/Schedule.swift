/// When the calls of an open loop are to be sent: at a fixed rate, which rises from 0 over the ramp.
///
/// A pure value. Times count in nanoseconds from the beginning of the run.
struct Schedule: Sendable, Hashable {
    /// Calls a second after the ramp, above 0.
    var rate: Double
    var rampNs: UInt64

    /// The highest rate, in calls a second.
    static let maxRate = 10_000_000.0

    private var perNs: Double { rate / 1e9 }
    /// Calls that the ramp has room for: half of what the full rate would send in that time.
    private var rampCalls: Double { perNs * Double(rampNs) / 2 }

    /// When call `number`, from 0 on, is to be sent.
    func dueNs(_ number: UInt64) -> UInt64 {
        let count = Double(number)
        if count < rampCalls {
            // The calls sent until t are perNs * t² / (2 * ramp).
            return UInt64((2 * count * Double(rampNs) / perNs).squareRoot().rounded())
        }
        return rampNs + UInt64(((count - rampCalls) / perNs).rounded())
    }

    /// How many calls are to be sent before this time.
    func calls(beforeNs ns: UInt64) -> UInt64 {
        let time = Double(ns)
        let exact =
            ns <= rampNs
            ? (rampNs == 0 ? 0 : perNs * time * time / (2 * Double(rampNs)))
            : rampCalls + perNs * (time - Double(rampNs))
        // The floating point is off by a call at times; the due times decide.
        var number = UInt64(max(0, exact))
        while number > 0, dueNs(number - 1) >= ns { number -= 1 }
        while dueNs(number) < ns { number += 1 }
        return number
    }
}
