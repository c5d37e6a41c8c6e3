import Synchronization

/// Tells a run to begin no more calls, and why.
final class RunControl: Sendable {
    private struct State {
        var early: LoadReport.End?
        var whenInterrupted: [@Sendable () -> Void] = []
    }

    private let state = Mutex(State())
    private let flag = Atomic<Bool>(false)

    /// Whether no more calls begin.
    var hasEnded: Bool { flag.load(ordering: .relaxed) }

    /// Why the run ended before its time; nil when it did not. The first reason counts.
    var early: LoadReport.End? { state.withLock { $0.early } }

    func end(_ end: LoadReport.End) {
        let actions = state.withLock { state -> [@Sendable () -> Void] in
            if state.early == nil { state.early = end }
            guard end == .interrupted else { return [] }
            defer { state.whenInterrupted = [] }
            return state.whenInterrupted
        }
        flag.store(true, ordering: .relaxed)
        for action in actions { action() }
    }

    /// Runs `action` when the run is interrupted; at once when it was.
    func whenInterrupted(_ action: @escaping @Sendable () -> Void) {
        let isOver = state.withLock { state in
            if state.early != .interrupted { state.whenInterrupted.append(action) }
            return state.early == .interrupted
        }
        if isOver { action() }
    }
}
