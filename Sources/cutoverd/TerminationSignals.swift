import Dispatch
import Foundation
import Synchronization

/// SIGTERM and SIGINT as something to wait for. A second signal ends the process at once.
///
/// Unchecked because of `sources` alone: written once, before anybody else has this object, and then only kept alive.
final class TerminationSignals: @unchecked Sendable {
    private struct State {
        var hasArrived = false
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())
    private var sources: [any DispatchSourceSignal] = []

    init() {
        // Until Dispatch listens, and has handlers of its own, a signal ends the process; ignored for that time, it would be lost.
        sources = [SIGTERM, SIGINT].map { number in
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { [weak self] in self?.arrive() }
            source.resume()
            return source
        }
    }

    /// Returns when the first signal has arrived.
    func wait() async {
        await withCheckedContinuation { continuation in
            let hasArrived = state.withLock { state in
                if !state.hasArrived { state.waiter = continuation }
                return state.hasArrived
            }
            if hasArrived { continuation.resume() }
        }
    }

    private func arrive() {
        let (isSecond, waiter) = state.withLock { state in
            let isSecond = state.hasArrived
            state.hasArrived = true
            defer { state.waiter = nil }
            return (isSecond, state.waiter)
        }
        if isSecond { Foundation.exit(130) }
        waiter?.resume()
    }
}
