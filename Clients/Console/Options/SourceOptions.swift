package import ArgumentParser
import CutoverModel

/// The source database server of a task, as options.
package struct SourceOptions: ParsableArguments {
    @Option(name: .customLong("source-host"), help: ArgumentHelp("Host of the source.", valueName: "host"))
    package var host: String?

    @Option(
        name: .customLong("source-port"),
        help: ArgumentHelp("Port of the source; 3306 if not given.", valueName: "port"))
    package var port: UInt16?

    @Option(
        name: .customLong("source-socket"),
        help: ArgumentHelp("Unix socket of the source, on the machine of the Cutover server.", valueName: "path"))
    package var socket: String?

    @Option(name: .customLong("source-user"), help: ArgumentHelp("Account at the source.", valueName: "user"))
    package var user: String?

    @Option(
        name: .customLong("source-password-env"),
        help: ArgumentHelp(
            "Variable in the environment of the Cutover server that holds the password; CUTOVER_PASSWORD_...",
            valueName: "name"))
    package var passwordEnv: String?

    @Option(
        name: .customLong("source-password-file"),
        help: ArgumentHelp("File in the secrets folder of the Cutover server that holds it.", valueName: "name"))
    package var passwordFile: String?

    @Option(
        name: .customLong("source-password-from-env"),
        help: ArgumentHelp("Variable in the environment of this command that holds it; it is sent.", valueName: "name"))
    package var passwordFromEnv: String?

    @Option(
        name: .customLong("source-password-from-file"),
        help: ArgumentHelp("File on this machine that holds it; it is sent.", valueName: "path"),
        completion: .file())
    package var passwordFromFile: String?

    @Flag(name: .customLong("source-password-prompt"), help: "Ask for it at the terminal; it is sent.")
    package var asksPassword = false

    package init() {}

    package var values: EndpointValues {
        EndpointValues(
            place: "source", host: host, port: port, socket: socket, user: user, passwordEnv: passwordEnv,
            passwordFile: passwordFile, passwordFromEnv: passwordFromEnv, passwordFromFile: passwordFromFile,
            asksPassword: asksPassword)
    }

    package func validate() throws {
        try values.validate()
    }
}
