import CutoverConsole
import Synchronization

/// Shows how a run goes on: drawn over itself on a terminal; elsewhere nothing, so that logs hold results only.
final class RunDisplay: Sendable {
    private let console: Console
    private let view: LiveView
    private let isLive: Bool
    private let block = Mutex(LiveBlock())

    init(console: Console, title: String, isQuiet: Bool = false) {
        self.console = console
        isLive = console.errorIsTerminal && !isQuiet
        view = LiveView(title: title, style: console.errorStyle)
    }

    convenience init(console: Console, plan: LoadPlan, isQuiet: Bool = false) {
        self.init(console: console, title: plan.mixTitle + "  \(plan.address)", isQuiet: isQuiet)
    }

    func show(_ progress: RunProgress) {
        guard isLive else { return }
        block.withLock { block in
            // Hundreds of tasks are prepared between two blinks: one line for some of them is enough.
            if case .preparing(let done, let total) = progress, done % 64 != 0, done != total { return }
            if case .cleaning(let done) = progress, done % 64 != 0 { return }
            console.writeError(block.draw(view.lines(progress), rows: console.rows))
        }
    }

    func clear() {
        guard isLive else { return }
        console.writeError(block.withLock { $0.erase() })
    }
}
