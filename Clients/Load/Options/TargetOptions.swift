import ArgumentParser
import CutoverClient
import CutoverConsole

/// Which server is loaded.
struct TargetOptions: ParsableArguments {
    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    @Flag(
        name: .customLong("i-own-this-server"),
        help: "Load a server beyond this machine. Others may depend on it: a load test can take it out of service.")
    var ownsServer = false

    /// The address, when it may be loaded.
    func address(_ console: Console) throws(UsageProblem) -> String {
        let address = connection.address(environment: console.environment)
        if !ownsServer { try TargetGuard.check(address) }
        return address
    }

    func configuration(_ console: Console) throws(UsageProblem) -> CutoverClient.Configuration {
        try connection.configuration(
            environment: console.environment, agent: "cutover-load/\(LoadCommand.version)")
    }
}
