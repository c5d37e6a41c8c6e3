import Foundation

/// Where commands read and write. Tests put their own in the place of the process's streams.
package struct Console: Sendable {
    /// Writes text to the standard output, without a line break of its own.
    package var writeOutput: @Sendable (String) -> Void
    /// Writes text to the standard error, for dialogs, progress and errors: never data.
    package var writeError: @Sendable (String) -> Void
    /// Reads a line from the standard input; nil at its end.
    package var readLine: @Sendable () -> String?
    /// Asks at the terminal without echo; nil when there is none.
    package var readSecret: @Sendable (_ prompt: String) -> String?
    /// The style of the standard output and that of the standard error.
    package var outputStyle: TextStyle
    package var errorStyle: TextStyle
    /// Whether the standard output and the standard error are terminals.
    package var outputIsTerminal: Bool
    package var errorIsTerminal: Bool
    /// Whether somebody can be asked: standard input and standard error are terminals.
    package var canAsk: Bool
    /// Rows of the terminal.
    package var rows: Int
    package var environment: [String: String]
    /// Milliseconds since 1970.
    package var nowMs: @Sendable () -> Int64

    package init(
        writeOutput: @escaping @Sendable (String) -> Void, writeError: @escaping @Sendable (String) -> Void,
        readLine: @escaping @Sendable () -> String?, readSecret: @escaping @Sendable (_ prompt: String) -> String?,
        outputStyle: TextStyle, errorStyle: TextStyle, outputIsTerminal: Bool, errorIsTerminal: Bool, canAsk: Bool,
        rows: Int, environment: [String: String], nowMs: @escaping @Sendable () -> Int64
    ) {
        self.writeOutput = writeOutput
        self.writeError = writeError
        self.readLine = readLine
        self.readSecret = readSecret
        self.outputStyle = outputStyle
        self.errorStyle = errorStyle
        self.outputIsTerminal = outputIsTerminal
        self.errorIsTerminal = errorIsTerminal
        self.canAsk = canAsk
        self.rows = rows
        self.environment = environment
        self.nowMs = nowMs
    }

    /// The console of the command that is running.
    @TaskLocal package static var current = Console.process()

    package func printLines(_ lines: [String]) {
        guard !lines.isEmpty else { return }
        writeOutput(lines.joined(separator: "\n") + "\n")
    }

    package func printErrorLines(_ lines: [String]) {
        guard !lines.isEmpty else { return }
        writeError(lines.joined(separator: "\n") + "\n")
    }
}
