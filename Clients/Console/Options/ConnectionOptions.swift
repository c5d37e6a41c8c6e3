package import ArgumentParser
package import CutoverClient

/// Which server, and how long to wait for it.
package struct ConnectionOptions: ParsableArguments {
    @Option(
        name: .long,
        help: ArgumentHelp(
            "Address of the server: host:port or unix:/path; several of one service are divided by commas.",
            discussion: "Without it CUTOVER_ADDRESS from the environment, else 127.0.0.1:7450.", valueName: "address"))
    package var server: String?

    @Option(name: .long, help: ArgumentHelp("How long one call may take, such as 10s.", valueName: "duration"))
    package var timeout = DurationArgument(ms: 10_000)

    @OptionGroup(title: "Security") package var security: SecurityOptions

    package init() {}

    /// How long a wait or a watch looks for a server that went away, in milliseconds.
    package static let reconnectTimeoutMs: UInt32 = 60_000

    package static let defaultAddress = "127.0.0.1:7450"

    /// The option, else the environment, else the default.
    package func address(environment: [String: String]) -> String {
        if let server { return server }
        if let address = environment["CUTOVER_ADDRESS"], !address.isEmpty { return address }
        return Self.defaultAddress
    }

    /// - Parameter agent: What the command calls itself in the server's logs.
    /// - Throws: ``UsageProblem`` when the security options contradict each other or a file cannot be read.
    package func configuration(
        environment: [String: String], agent: String
    ) throws(UsageProblem) -> CutoverClient.Configuration {
        var configuration = CutoverClient.Configuration()
        configuration.timeoutMs = timeout.ms
        configuration.connectTimeoutMs = min(timeout.ms == 0 ? .max : timeout.ms, 5_000)
        configuration.attemptsLimit = 3
        configuration.reconnectTimeoutMs = Self.reconnectTimeoutMs
        configuration.agent = agent
        configuration.tls = try security.tls(environment: environment)
        configuration.token = try security.token(environment: environment)
        configuration.sendsTokenInPlaintext = security.plaintextToken
        return configuration
    }
}
