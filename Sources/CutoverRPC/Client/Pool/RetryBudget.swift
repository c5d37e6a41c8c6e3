internal import struct Synchronization.Atomic

/// How many further attempts and hedges a client may send (PROTOCOL.md, RETRY-8): those of one full connection that is lost, and in
/// the long run one for each ten calls, so that a server in trouble gets a tenth more load, and not five times.
final class RetryBudget: Sendable {
    private let maxTenths: Int
    private let tenths: Atomic<Int>

    /// Full at first.
    /// - Parameter maxInFlight: the calls of one connection.
    init(maxInFlight: UInt16) {
        maxTenths = max(100, Int(maxInFlight)) * 10
        tenths = Atomic(maxTenths)
    }

    /// A call was made.
    func earn() {
        // Threads that do so at once may go above the limit by as many tenths; `spend()` cuts that off.
        if tenths.load(ordering: .relaxed) < maxTenths { tenths.wrappingAdd(1, ordering: .relaxed) }
    }

    /// Takes one token. False when there is none: no further attempt is sent.
    func spend() -> Bool {
        var now = tenths.load(ordering: .relaxed)
        while now >= 10 {
            let left = min(now, maxTenths) - 10
            let (isTaken, found) = tenths.compareExchange(expected: now, desired: left, ordering: .relaxed)
            if isTaken { return true }
            now = found
        }
        return false
    }
}
