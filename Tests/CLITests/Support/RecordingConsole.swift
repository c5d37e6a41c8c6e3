import Synchronization

@testable import CutoverConsole
@testable import cutover

/// A console that keeps what is written and answers from a list.
final class RecordingConsole: Sendable {
    private struct State {
        var output = ""
        var errors = ""
        var answers: [String]
    }

    private let state: Mutex<State>
    private let style: TextStyle
    private let isTerminal: Bool
    private let environment: [String: String]

    init(
        answers: [String] = [], style: TextStyle? = nil, isTerminal: Bool = false,
        environment: [String: String] = [:]
    ) {
        state = Mutex(State(answers: answers))
        // As in the process: what does not go to a terminal has lines of any length.
        self.style = style ?? TextStyle(columns: isTerminal ? 80 : TextStyle.unboundColumns)
        self.isTerminal = isTerminal
        self.environment = environment
    }

    var output: String { state.withLock { $0.output } }
    var errors: String { state.withLock { $0.errors } }

    var console: Console {
        Console(
            writeOutput: { text in self.state.withLock { $0.output += text } },
            writeError: { text in self.state.withLock { $0.errors += text } },
            readLine: { self.nextAnswer() },
            readSecret: { _ in self.nextAnswer() },
            outputStyle: style, errorStyle: style, outputIsTerminal: isTerminal, errorIsTerminal: isTerminal,
            canAsk: isTerminal, rows: 24, environment: environment, nowMs: { Fixtures.startMs })
    }

    private func nextAnswer() -> String? {
        state.withLock { $0.answers.isEmpty ? nil : $0.answers.removeFirst() }
    }
}
