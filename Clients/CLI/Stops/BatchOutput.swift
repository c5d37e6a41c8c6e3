import CutoverConsole
import CutoverModel

/// Prints the results of a batch on the standard output.
///
/// As data and in a pipe each result is printed as it comes. On a terminal, where a live view may be drawn at the same
/// time and nobody reads a thousand lines, the noteworthy ones are kept for the end, and their number is limited.
struct BatchOutput: Sendable {
    private let session: ServerSession
    private let format: OutputFormat
    private let renderer: BatchRenderer
    /// Results that are no success, and the others.
    private var problems: [BatchItem] = []
    private var others: [BatchItem] = []
    private var accepted = BatchAccepted()

    /// The most results of each kind that are printed on a terminal.
    static let problemLimit = 100
    static let otherLimit = 20

    init(session: ServerSession, format: OutputFormat) {
        self.session = session
        self.format = format
        renderer = BatchRenderer(style: session.console.outputStyle)
    }

    private var isKept: Bool { format == .table && session.console.outputIsTerminal }

    /// Takes in a message of the stream.
    ///
    /// - Parameter ended: Its item when that is the last that will be told of its task.
    mutating func take(_ event: BatchStopEvent, ended: BatchItem?) throws {
        guard format == .table else {
            return try session.printStreamed(event, as: format) { _ in [] }
        }
        if let accepted = event.accepted {
            self.accepted = accepted
            if !isKept { session.console.printLines([renderer.line(accepted)]) }
        }
        guard let item = ended else { return }
        if !isKept {
            session.console.printLines(renderer.lines(item, isDryRun: accepted.dryRun))
        } else if item.commandStatus == .ok {
            if others.count < Self.otherLimit { others.append(item) }
        } else if problems.count < Self.problemLimit {
            problems.append(item)
        }
    }

    /// Prints what was kept, and the summary.
    func finish(_ tally: BatchTally) {
        guard format == .table else { return }
        if isKept {
            var lines = [renderer.line(accepted)]
            lines += (others + problems).flatMap { renderer.lines($0, isDryRun: accepted.dryRun) }
            let more = tally.ended - others.count - problems.count
            if more > 0 {
                let place =
                    accepted.dryRun ? "in a pipe each is listed" : "cutover batch show \(accepted.batchId) --items"
                lines.append("  and \(CountFormat.grouped(UInt64(more))) more: \(place)")
            }
            session.console.printLines(lines)
        }
        if let summary = tally.summary {
            session.console.printLines([renderer.line(summary, isDryRun: accepted.dryRun)])
        }
    }
}
