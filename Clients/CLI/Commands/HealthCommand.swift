import ArgumentParser
import CutoverConsole
import CutoverModel

struct HealthCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "health", abstract: "Show whether the server takes calls.",
        discussion: "Exits with 0 when it does, else with 6.")

    @OptionGroup(title: "Connection") var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await ServerSession.run(connection) { session in
            let status = try await session.client.checkHealth()
            try session.print(HealthCheckResponse(status: status), as: output.format) { style in
                ["\(session.address)  \(style.paint(status.name, status == .serving ? .green : .red))"]
            }
            try (status == .serving ? CommandStatus.ok : .unavailable).exitUnlessOK()
        }
    }
}
