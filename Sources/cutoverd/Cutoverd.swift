import ArgumentParser
import CoreMetrics
import CutoverMetrics
import CutoverServer
import Foundation
import Logging

/// The server's executable: arguments -> configuration -> run.
@main
struct Cutoverd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cutoverd",
        abstract: "Runs online database migrations and stops them well.",
        discussion: """
            Settings come from flags, the environment (CUTOVER_ and the setting's name in capitals), and a YAML file of \
            "name: value" lines; the first of these that has a setting wins.
            """,
        version: CutoverServer.version,
        subcommands: [Run.self, Check.self, TokenCommand.self, IdentityCommand.self, AuditCommand.self],
        defaultSubcommand: Run.self)
}

/// What every subcommand reads.
struct SettingOptions: ParsableArguments {
    @Option(name: [.customShort("c"), .long], help: "YAML file with settings.")
    var config: String?

    @Option(help: "host:port, [v6]:port or unix:/path. Beyond loopback and Unix sockets, TLS and tokens are needed.")
    var listen: String?

    @Option(help: "Directory of the store and the key file.")
    var dataDirectory: String?

    @Option(help: "trace, debug, info, notice, warning, error or critical.")
    var logLevel: String?

    @Flag(help: "Serve plaintext on any address: everything can be read, and changed, on the network.")
    var allowPlaintextAnywhere = false

    @Flag(help: "Serve callers whom nobody asks who they are on any address: everybody may do everything.")
    var allowAnonymousAnywhere = false

    @Option(help: "host:port where metrics are served over HTTP; without it they are not.")
    var metricsListen: String?

    @Option(name: .customLong("set"), help: "Any other setting, as name=value; may be repeated.")
    var settings: [String] = []

    func load() throws -> ServerConfiguration {
        var flags: [String: String] = [:]
        if let listen { flags["listen"] = listen }
        if let dataDirectory { flags["data_directory"] = dataDirectory }
        if let logLevel { flags["log_level"] = logLevel }
        if let metricsListen { flags["metrics_listen"] = metricsListen }
        if allowPlaintextAnywhere { flags["allow_plaintext_anywhere"] = "true" }
        if allowAnonymousAnywhere { flags["allow_anonymous_anywhere"] = "true" }
        for setting in settings {
            guard let separator = setting.firstIndex(of: "=") else {
                throw ConfigurationError("--set takes name=value, not \"\(setting)\".")
            }
            flags[String(setting[..<separator])] = String(setting[setting.index(after: separator)...])
        }
        return try ServerConfiguration.load(
            file: config, environment: ProcessInfo.processInfo.environment, flags: flags)
    }
}

struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Run the server until SIGTERM or SIGINT.")

    @OptionGroup var options: SettingOptions

    func run() async throws {
        let configuration = try loadOrExit(options)
        LoggingSystem.bootstrap { label in
            var handler: any LogHandler =
                configuration.logFormat == "json"
                ? JSONLogHandler(label: label) : StreamLogHandler.standardError(label: label)
            handler.logLevel = Logger.Level(rawValue: configuration.logLevel) ?? .info
            return handler
        }
        let metrics = MetricsRegistry()
        MetricsSystem.bootstrap(metrics)
        let signals = TerminationSignals()
        let server: CutoverServer
        do {
            server = try await CutoverServer.start(
                configuration, environment: ProcessInfo.processInfo.environment, metrics: metrics,
                logger: Logger(label: "cutoverd"))
        } catch {
            exitWith(StartFailure.describe(error), code: 1)
        }
        let reload = ReloadSignal { server.reload() }
        await signals.wait()
        reload.cancel()
        await server.shutdown()
    }
}

struct Check: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say whether the server could start with this configuration; change nothing.")

    @OptionGroup var options: SettingOptions

    func run() async throws {
        let configuration = try loadOrExit(options)
        let findings = configuration.findings()
        for finding in findings { print(finding) }
        guard findings.isEmpty else { throw ExitCode(1) }
        print(
            "The configuration is valid: cutoverd would listen on \(configuration.listen), "
                + "with its store in \(configuration.storePath).")
    }
}

func loadOrExit(_ options: SettingOptions) throws -> ServerConfiguration {
    do {
        return try options.load()
    } catch {
        exitWith(StartFailure.describe(error), code: 64)
    }
}

func exitWith(_ message: String, code: Int32) -> Never {
    FileHandle.standardError.write(Data("cutoverd: \(message)\n".utf8))
    Foundation.exit(code)
}
