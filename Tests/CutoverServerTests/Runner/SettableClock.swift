import Synchronization

/// A wall clock that a test sets.
final class SettableClock: Sendable {
    private let value: Mutex<Int64>

    init(nowMs: Int64 = 1_000_000) { value = Mutex(nowMs) }

    var nowMs: Int64 { value.withLock { $0 } }

    func advance(byMs milliseconds: Int64) { value.withLock { $0 += milliseconds } }
}
