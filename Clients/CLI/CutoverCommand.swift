import ArgumentParser
import CutoverConsole

@main
struct CutoverCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cutover",
        abstract: "Run online MariaDB migrations, and stop them well.",
        discussion: """
            A migration task copies databases to another server and follows their changes until it is stopped.

              cutover task create shop --spec shop.yaml --wait
              cutover task start ID --wait
              cutover stop ID --wait
              cutover receipt ID

            Many tasks are stopped as one batch: "cutover stop --label team=shop", "cutover batch stop --file ids".

            \(CommandStatus.helpTable)

            ENVIRONMENT:
              CUTOVER_ADDRESS         address of the server, unless --server is given
              CUTOVER_TOKEN_FILE      file with your token, unless --token-file is given
              CUTOVER_TOKEN           the token itself, where there is no such file
              CUTOVER_TLS             1: speak TLS, as --tls
              CUTOVER_CA, CUTOVER_SERVER_NAME, CUTOVER_CLIENT_CERT, CUTOVER_CLIENT_KEY
                                      as the options of these names
              NO_COLOR                set to anything: no colours
            """,
        version: VersionCommand.version,
        subcommands: [
            TaskCommand.self, StopCommand.self, CancelStopCommand.self, BatchCommand.self, ReceiptCommand.self,
            ResidueCommand.self, AuditCommand.self, AlarmsCommand.self, WatchCommand.self, HealthCommand.self,
            VersionCommand.self,
        ])
}
