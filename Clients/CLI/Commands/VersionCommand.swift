import ArgumentParser
import CutoverConsole

struct VersionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version", abstract: "Print the version of this command.")

    /// The version of the command line and of the client library in it.
    static let version = "0.1.0"

    func run() async throws {
        Console.current.printLines(["cutover \(Self.version)"])
    }
}
