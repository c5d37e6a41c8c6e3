import CutoverConsole
import Dispatch
import Glibc
import Synchronization

/// Ctrl-C and SIGTERM: the first ends the run in order, the second ends the process at once.
///
/// Unchecked: `sources` is set while the object is made and read when it goes; everything else is behind the lock.
final class InterruptSignals: @unchecked Sendable {
    private struct State {
        var count = 0
        var first: (@Sendable () -> Void)?
        var second: [String] = []
        var beforeExit: @Sendable () -> Void = {}
    }

    private let state = Mutex(State())
    private var sources: [any DispatchSourceSignal] = []
    private let console = Console.current

    init() {
        for number in [SIGINT, SIGTERM] {
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { [weak self] in self?.take() }
            source.activate()
            sources.append(source)
        }
    }

    deinit {
        for source in sources { source.cancel() }
        signal(SIGINT, SIG_DFL)
        signal(SIGTERM, SIG_DFL)
    }

    /// What to do at the first signal, also one that has come already, and what to say and do at the second.
    func onInterrupt(
        first: @escaping @Sendable () -> Void, second: [String], beforeExit: @escaping @Sendable () -> Void = {}
    ) {
        let hasCome = state.withLock { state in
            state.first = first
            state.second = second
            state.beforeExit = beforeExit
            return state.count > 0
        }
        if hasCome { first() }
    }

    private func take() {
        let (count, first, second, beforeExit) = state.withLock { state in
            state.count += 1
            return (state.count, state.first, state.second, state.beforeExit)
        }
        guard count > 1 else {
            first?()
            return
        }
        console.printErrorLines(second)
        beforeExit()
        _exit(CommandStatus.interrupted.rawValue)
    }
}
