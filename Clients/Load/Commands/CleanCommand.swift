import ArgumentParser
import CutoverClient
import CutoverConsole

struct CleanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clean", abstract: "Take away the tasks that earlier runs have left at a server.",
        discussion: """
            A run takes its tasks away itself, unless it was ended at once or lacked the permission: deleting needs the role \
            admin. The receipts of stops stay in the audit log, which forgets nothing.
            """)

    @Option(name: .customLong("run"), help: ArgumentHelp("Only those of this run.", valueName: "name"))
    var runName: String?

    @OptionGroup(title: "Target") var target: TargetOptions

    func run() async throws {
        let address = target.connection.address(environment: Console.current.environment)
        try await LoadSession.run(address: address) { session in
            let client = try CutoverClient(
                endpoint: try target.address(session.console), configuration: try target.configuration(session.console))
            let result: Result<TaskCleaning.Outcome, CutoverError>
            do throws(CutoverError) {
                result = .success(try await TaskCleaning(client: client, run: runName).clean())
            } catch {
                result = .failure(error)
            }
            await client.close()
            let outcome = try result.get()
            session.console.printLines(["\(CountFormat.phrase(outcome.deleted, "task")) taken away."])
            guard outcome.left > 0 else { return }
            let why = outcome.problem.map { ": \(TextWidth.harmless($0.message))" } ?? ""
            session.console.printErrorLines(["cutover-load: \(CountFormat.phrase(outcome.left, "task")) left\(why)"])
            try (outcome.problem.map(CommandStatus.init) ?? .partial).exitUnlessOK()
        }
    }
}
