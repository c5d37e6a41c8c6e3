import ArgumentParser
import CutoverClient
import CutoverConsole

/// Where a command prints, and how its errors end the process.
struct LoadSession: Sendable {
    var console: Console

    /// Runs `body` and turns errors into a line and an exit status.
    static func run(address: String = "", _ body: (LoadSession) async throws -> Void) async throws {
        let console = Console.current
        do {
            try await body(LoadSession(console: console))
        } catch let error as CutoverError {
            let lines = ErrorText.lines(error, subject: nil, address: address, program: LoadCommand.name)
            console.printErrorLines(lines)
            throw ExitCode(CommandStatus(error).rawValue)
        } catch let error as UsageProblem {
            console.printErrorLines(["\(LoadCommand.name): \(error.description)"])
            throw ExitCode(CommandStatus.usage.rawValue)
        }
    }
}
