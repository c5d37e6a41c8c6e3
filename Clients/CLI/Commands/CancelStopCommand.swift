import ArgumentParser
import CutoverClient
import CutoverConsole
import CutoverModel

struct CancelStopCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel-stop", abstract: "Withdraw a stop, so that the task runs on.",
        discussion: """
            Works until the stop passes its point of no return, which is when triggers begin to move; after that it says \
            that it is too late and exits with 2. A batch is cancelled by "cutover batch cancel".
            """)

    @Argument(help: "Id of the task whose stop is withdrawn.")
    var id: String?

    @Option(name: .customLong("stop-id"), help: ArgumentHelp("Id of the stop, instead of the task's.", valueName: "id"))
    var stopID: String?

    @Option(help: ArgumentHelp("Why, for the audit log.", valueName: "text"))
    var reason = ""

    @Option(name: .customLong("request-id"), help: ArgumentHelp("UUID of this request.", valueName: "uuid"))
    var requestID = ""

    @OptionGroup(title: "Connection") var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard (id == nil) != (stopID == nil) else {
            throw ValidationError("Name the task by its id, or the stop by --stop-id.")
        }
    }

    func run() async throws {
        try await ServerSession.run(connection) { session in
            do {
                let response = try await session.client.cancelStop(
                    CancelStopRequest(stopId: stopID ?? "", taskId: id ?? "", reason: reason, requestId: requestID))
                try session.print(response, as: output.format) { style in
                    guard let stop = response.receipt?.stop ?? response.stop else { return ["The stop is withdrawn."] }
                    let name = style.paint(TextWidth.harmless(stop.taskName), .bold)
                    let status = style.paint(response.status.name, response.status.ink)
                    let what = StopProgressRenderer.withdrawnText(stop)
                    return ["\(name)  \(status)"] + TextWidth.fold(what, to: style.proseColumns - 2).map { "  " + $0 }
                }
            } catch let error as CutoverError where error.reason == "PAST_NO_RETURN" {
                let lines = ErrorText.lines(error, subject: nil, address: session.address)
                let follow = id.map { "cutover watch \(TextWidth.harmless($0))" }
                session.console.printErrorLines(
                    lines + [
                        "  It is too late: the stop goes on to its end.\(follow.map { " Follow it: \($0)" } ?? "")"
                    ])
                throw ExitCode(CommandStatus.rejected.rawValue)
            }
        }
    }
}
