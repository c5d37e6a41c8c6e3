import ArgumentParser
import CutoverClient
import CutoverConsole
import CutoverModel

/// One command's connection to the server, where it prints, and how its errors end the process.
struct ServerSession: Sendable {
    var client: CutoverClient
    /// As given, for messages.
    var address: String
    var console: Console

    /// Runs `body` with a client, closes it, and turns errors into a line and an exit status.
    static func run(_ options: ConnectionOptions, _ body: (ServerSession) async throws -> Void) async throws {
        let console = Console.current
        let address = options.address(environment: console.environment)
        let client: CutoverClient
        let notice = ReconnectNotice(address: address)
        do {
            var configuration = try options.configuration(
                environment: console.environment, agent: "cutover-cli/\(VersionCommand.version)")
            configuration.onReconnect = { _ in notice.attempt().map { console.printErrorLines([$0]) } }
            client = try CutoverClient(endpoint: address, configuration: configuration)
        } catch {
            let why = (error as? CutoverError)?.message ?? "\(error)"
            console.printErrorLines(["cutover: \(why)"])
            throw ExitCode(CommandStatus.usage.rawValue)
        }
        let session = ServerSession(client: client, address: address, console: console)
        let result: Result<Void, any Error>
        do {
            result = .success(try await body(session))
        } catch {
            result = .failure(error)
        }
        await client.close()
        do {
            try result.get()
        } catch let error as CutoverError {
            console.printErrorLines(ErrorText.lines(error, subject: nil, address: address))
            throw ExitCode(CommandStatus(error).rawValue)
        } catch let error as UsageProblem {
            console.printErrorLines(["cutover: \(error.description)"])
            throw ExitCode(CommandStatus.usage.rawValue)
        }
    }

    /// Calls `body` for each id; an error of one does not keep the others from their turn.
    ///
    /// - Returns: the combined exit status.
    func forEach(_ ids: [String], _ body: (String) async throws -> CommandStatus) async throws -> CommandStatus {
        var statuses: [CommandStatus] = []
        for id in ids {
            do {
                statuses.append(try await body(id))
            } catch let error as CutoverError where ids.count > 1 && error.code != .unavailable {
                console.printErrorLines(ErrorText.lines(error, subject: id, address: address))
                statuses.append(CommandStatus(error))
            }
        }
        return CommandStatus(combining: statuses)
    }

    /// Prints one message in the format asked for; `lines` makes its text for people.
    func print(
        _ message: some ModelMessage, as format: OutputFormat, lines: (TextStyle) -> [String]
    ) throws {
        try print(.message(message.fields(includingDefaults: true)), as: format, lines: lines)
    }

    /// Prints a value in the format asked for.
    func print(_ value: FieldValue, as format: OutputFormat, lines: (TextStyle) -> [String]) throws {
        switch format {
        case .table: console.printLines(lines(console.outputStyle))
        case .json: console.writeOutput(JSONText().text(value) + "\n")
        case .yaml: console.writeOutput(try YAMLText.text(value))
        }
    }

    /// Prints one message of a stream: a line of JSON, or a YAML document.
    func printStreamed(
        _ message: some ModelMessage, as format: OutputFormat, lines: (TextStyle) -> [String]
    ) throws {
        let value = FieldValue.message(message.fields(includingDefaults: true))
        switch format {
        case .table: console.printLines(lines(console.outputStyle))
        case .json: console.writeOutput(JSONText(isPretty: false).text(value) + "\n")
        case .yaml: console.writeOutput(try YAMLText.text(value, explicitStart: true))
        }
    }
}
