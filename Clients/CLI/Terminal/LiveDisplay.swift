/// Shows progress: drawn over itself on a terminal, as lines elsewhere.
///
/// Progress goes to the standard error, so that the standard output holds nothing but data.
actor LiveDisplay {
    private let console: Console
    private var block = LiveBlock()
    /// Whether lines can be drawn over; else they are printed.
    nonisolated let isLive: Bool
    nonisolated let style: TextStyle

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
}
