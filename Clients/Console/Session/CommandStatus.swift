package import ArgumentParser
package import CutoverClient

/// What the command's exit status means to a script.
package enum CommandStatus: Int32, CaseIterable, Sendable {
    case ok = 0
    case internalError = 1
    case rejected = 2
    case undrained = 3
    case failed = 4
    case notFound = 5
    case unavailable = 6
    case partial = 7
    case withdrawn = 8
    case unverified = 9
    case usage = 64
    case interrupted = 130

    /// The status that an error of the server leads to.
    package init(_ error: CutoverError) {
        switch error.code {
        case .rejected, .alreadyExists, .aborted, .permissionDenied, .unauthenticated: self = .rejected
        case .notFound: self = .notFound
        case .invalidArgument: self = .usage
        case .unavailable, .deadlineExceeded, .resourceExhausted: self = .unavailable
        case .cancelled: self = .interrupted
        default: self = .internalError
        }
    }

    /// The status for several results: what they share, or `partial` when they differ and not all are good.
    package init(combining statuses: some Sequence<CommandStatus>) {
        let distinct = Set(statuses)
        switch distinct.count {
        case 0: self = .ok
        case 1: self = distinct.first ?? .ok
        default: self = .partial
        }
    }

    package var words: String {
        switch self {
        case .ok: "done"
        case .internalError: "an error of the server or of this command"
        case .rejected: "refused by the server's rules; nothing was changed"
        case .undrained: "stopped, but the destination lacks changes of the source"
        case .failed: "the task or the stop failed"
        case .notFound: "no such task or stop"
        case .unavailable: "server not reachable, overloaded, or no answer in time"
        case .partial: "some of several tasks were refused or failed"
        case .withdrawn: "the stop was withdrawn; the task runs on"
        case .unverified: "the audit log was changed, or is not whole"
        case .usage: "wrong use of the command"
        case .interrupted: "interrupted; a stop that was accepted goes on at the server"
        }
    }

    /// The table shown below the help text.
    package static var helpTable: String {
        let lines = allCases.map { "  \(TextWidth.pad(String($0.rawValue), to: 4, alignment: .right))  \($0.words)" }
        return (["EXIT STATUS:"] + lines).joined(separator: "\n")
    }

    /// Ends the command with this status, unless it is the good one.
    package func exitUnlessOK() throws(ExitCode) {
        if self != .ok { throw ExitCode(rawValue) }
    }
}
