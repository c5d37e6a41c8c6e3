import Foundation

extension Console {
    /// The console of this process.
    package static func process() -> Console {
        let environment = ProcessInfo.processInfo.environment
        let output = TerminalProbe(descriptor: STDOUT_FILENO)
        let error = TerminalProbe(descriptor: STDERR_FILENO)
        return Console(
            writeOutput: { write($0, to: STDOUT_FILENO) },
            writeError: { write($0, to: STDERR_FILENO) },
            readLine: { Swift.readLine(strippingNewline: true) },
            readSecret: { SecretPrompt.read(prompt: $0) },
            outputStyle: style(output, environment),
            errorStyle: style(error, environment),
            outputIsTerminal: output.isTerminal,
            errorIsTerminal: error.isTerminal,
            canAsk: TerminalProbe(descriptor: STDIN_FILENO).isTerminal && error.isTerminal,
            rows: error.rows,
            environment: environment,
            nowMs: { Int64(Date().timeIntervalSince1970 * 1000) })
    }

    private static func style(_ probe: TerminalProbe, _ environment: [String: String]) -> TextStyle {
        // https://no-color.org: any value but an empty one turns colour off.
        let colourIsRefused = !(environment["NO_COLOR"] ?? "").isEmpty || environment["TERM"] == "dumb"
        return TextStyle(
            usesColour: probe.isTerminal && !colourIsRefused,
            usesUnicode: localeIsUTF8(environment),
            columns: probe.isTerminal ? probe.columns : TextStyle.unboundColumns)
    }

    /// Whether the locale's character set is UTF-8, by the order in which POSIX reads the variables.
    package static func localeIsUTF8(_ environment: [String: String]) -> Bool {
        for name in ["LC_ALL", "LC_CTYPE", "LANG"] {
            guard let value = environment[name], !value.isEmpty else { continue }
            let set = value.uppercased()
            return set.contains("UTF-8") || set.contains("UTF8")
        }
        return false
    }

    /// Writes everything, also to a pipe that takes only a part at a time. A reader that went away ends the process
    /// quietly, as `SIGPIPE` does elsewhere.
    private static func write(_ text: String, to descriptor: Int32) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count > 0 {
                bytes = bytes.dropFirst(count)
            } else if errno != EINTR {
                return
            }
        }
    }
}
