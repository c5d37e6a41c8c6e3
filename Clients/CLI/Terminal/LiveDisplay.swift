import ArgumentParser
import CutoverConsole

/// Shows progress: drawn over itself on a terminal, as lines elsewhere.
///
/// Progress goes to the standard error, so that the standard output holds nothing but data.
actor LiveDisplay {
    private let console: Console
    private var block = LiveBlock()
    /// Whether lines can be drawn over; else they are printed.
    nonisolated let isLive: Bool
    nonisolated let style: TextStyle

    /// How often the view is drawn when nothing happens, in milliseconds, so that the times in it go on.
    private static let redrawIntervalMs = 500

    init(console: Console) {
        self.console = console
        isLive = console.errorIsTerminal
        style = console.errorStyle
    }

    /// Draws these lines in the place of the last ones; does nothing where nothing can be drawn over.
    func draw(_ lines: [String]) {
        if isLive { console.writeError(block.draw(lines, rows: console.rows)) }
    }

    /// Prints lines with the time before each, where nothing can be drawn over.
    func log(_ lines: [String]) {
        guard !isLive else { return }
        console.printErrorLines(lines.map { "\(TimeFormat.clock(ms: console.nowMs()))  \($0)" })
    }

    /// Takes what is drawn away.
    func clear() {
        console.writeError(block.erase())
    }

    /// Draws what `lines` makes again and again, until it is cancelled.
    nonisolated func redraw(_ lines: @Sendable () async -> [String]) async throws {
        while true {
            if isLive { await draw(lines()) }
            try await Task.sleep(for: .milliseconds(Self.redrawIntervalMs))
        }
    }

    /// Runs a wait. Ctrl-C ends it with words on what goes on without it.
    nonisolated func waiting<Value: Sendable>(
        or advice: @escaping @Sendable () async -> InterruptAdvice,
        _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        do {
            return try await Interrupt.race(body)
        } catch is Interrupt.Interrupted {
            await clear()
            console.printErrorLines(await advice().lines)
            throw ExitCode(CommandStatus.interrupted.rawValue)
        } catch {
            await clear()
            throw error
        }
    }
}
