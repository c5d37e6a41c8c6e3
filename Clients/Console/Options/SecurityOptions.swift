package import ArgumentParser
package import CutoverClient

/// How the connection is protected, and who calls. An option wins over the environment.
package struct SecurityOptions: ParsableArguments {
    @Flag(
        name: .long,
        help: ArgumentHelp(
            "Speak TLS; any of the four options below means it too.",
            discussion: "Or CUTOVER_TLS=1 in the environment."))
    package var tls = false

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Authorities to trust, as PEM.", discussion: "Or CUTOVER_CA; else those of the system.", valueName: "file"))
    package var ca: String?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "The name the server's certificate must have.",
            discussion: "Or CUTOVER_SERVER_NAME; else the host of the address.", valueName: "name"))
    package var serverName: String?

    @Option(
        name: .long,
        help: ArgumentHelp("Your own certificate, as PEM.", discussion: "Or CUTOVER_CLIENT_CERT.", valueName: "file"))
    package var clientCert: String?

    @Option(
        name: .long,
        help: ArgumentHelp("Its private key, as PEM.", discussion: "Or CUTOVER_CLIENT_KEY.", valueName: "file"))
    package var clientKey: String?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "A file with your token.",
            discussion: "Or CUTOVER_TOKEN_FILE, or the token itself in CUTOVER_TOKEN. It is never an argument, which "
                + "everybody on the machine could see.",
            valueName: "file"))
    package var tokenFile: String?

    @Flag(name: .long, help: "Send the token without TLS to another machine too; everybody on the way can then use it.")
    package var plaintextToken = false

    package init() {}

    /// nil for plaintext.
    package func tls(environment: [String: String]) throws(UsageProblem) -> CutoverClient.TLS? {
        let settings = CutoverClient.TLS(
            authorityFile: ca ?? Self.value("CUTOVER_CA", environment),
            serverName: serverName ?? Self.value("CUTOVER_SERVER_NAME", environment),
            certificateFile: clientCert ?? Self.value("CUTOVER_CLIENT_CERT", environment),
            privateKeyFile: clientKey ?? Self.value("CUTOVER_CLIENT_KEY", environment))
        guard (settings.certificateFile == nil) == (settings.privateKeyFile == nil) else {
            throw UsageProblem("--client-cert and --client-key go together; give both or neither.")
        }
        let isAsked: Bool
        switch Self.value("CUTOVER_TLS", environment) {
        case nil, "0", "false": isAsked = tls
        case "1", "true": isAsked = true
        case .some: throw UsageProblem("CUTOVER_TLS must be 1 or 0.")
        }
        return isAsked || settings != CutoverClient.TLS() ? settings : nil
    }

    /// nil for none.
    package func token(environment: [String: String]) throws(UsageProblem) -> CutoverToken? {
        do throws(CutoverError) {
            if let tokenFile { return try CutoverToken(file: tokenFile) }
            if let text = Self.value("CUTOVER_TOKEN", environment) { return try CutoverToken(text) }
            if let file = Self.value("CUTOVER_TOKEN_FILE", environment) { return try CutoverToken(file: file) }
            return nil
        } catch {
            throw UsageProblem(error.message)
        }
    }

    private static func value(_ name: String, _ environment: [String: String]) -> String? {
        environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }
}
