import Foundation

/// Where commands read and write. Tests put their own in the place of the process's streams.
struct Console: Sendable {
    /// Writes text to the standard output, without a line break of its own.
    var writeOutput: @Sendable (String) -> Void
    /// Writes text to the standard error, for dialogs, progress and errors: never data.
    var writeError: @Sendable (String) -> Void
    /// Reads a line from the standard input; nil at its end.
    var readLine: @Sendable () -> String?
    /// Asks at the terminal without echo; nil when there is none.
    var readSecret: @Sendable (_ prompt: String) -> String?
    /// The style of the standard output and that of the standard error.
    var outputStyle: TextStyle
    var errorStyle: TextStyle
    /// Whether the standard output and the standard error are terminals.
    var outputIsTerminal: Bool
    var errorIsTerminal: Bool
    /// Whether somebody can be asked: standard input and standard error are terminals.
    var canAsk: Bool
    /// Rows of the terminal.
    var rows: Int
    var environment: [String: String]
    /// Milliseconds since 1970.
    var nowMs: @Sendable () -> Int64

    /// The console of the command that is running.
    @TaskLocal static var current = Console.process()

    func printLines(_ lines: [String]) {
        guard !lines.isEmpty else { return }
        writeOutput(lines.joined(separator: "\n") + "\n")
    }

    func printErrorLines(_ lines: [String]) {
        guard !lines.isEmpty else { return }
        writeError(lines.joined(separator: "\n") + "\n")
    }
}
