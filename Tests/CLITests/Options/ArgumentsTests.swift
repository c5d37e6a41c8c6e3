import CutoverModel
import Testing

@testable import CutoverConsole
@testable import cutover

@Suite struct ArgumentsTests {
    @Test func optionsReplaceWhatTheFileSays() throws {
        let command = try TaskConfigureCommand.parse([
            "id", "--source-host", "db9", "--source-password-env", "CUTOVER_PASSWORD_X", "--database", "a",
            "--database",
            "b", "--exclude-table", "a.x", "--full-only", "--copy-connections", "2", "--chunk-bytes", "1MiB",
        ])
        let spec = try command.spec.load(console: RecordingConsole().console)
        #expect(
            spec
                == TaskSpec(
                    source: DatabaseEndpoint(host: "db9", passwordEnv: "CUTOVER_PASSWORD_X"), databases: ["a", "b"],
                    excludeTables: ["a.x"], kind: .fullOnly, copyConnections: 2, chunkBytes: 1 << 20))
    }

    @Test func aPasswordByOptionReplacesThatOfTheFile() throws {
        let values = EndpointValues(place: "source", socket: "/s", passwordFromEnv: "SECRET")
        let file = DatabaseEndpoint(host: "db1", port: 3307, passwordFile: "source")
        let console = RecordingConsole(environment: ["SECRET": "s3cret"]).console
        #expect(
            try values.apply(to: file, console: console) == DatabaseEndpoint(unixSocket: "/s", password: "s3cret"))
    }

    @Test func passwordsThatAreNotThereAreNamed() {
        let console = RecordingConsole().console
        #expect(
            throws: UsageProblem("password of the source: the environment variable NOPE is not set or empty")
        ) { try EndpointValues(place: "source", passwordFromEnv: "NOPE").apply(to: nil, console: console) }
        #expect(throws: UsageProblem("password of the source: there is no terminal to ask at")) {
            try EndpointValues(place: "source", asksPassword: true).apply(to: nil, console: console)
        }
        #expect(throws: UsageProblem("password of the source: /nonexistent/p: there is no such file")) {
            try EndpointValues(place: "source", passwordFromFile: "/nonexistent/p").apply(to: nil, console: console)
        }
    }

    @Test func theTerminalIsAskedForAPassword() throws {
        let console = RecordingConsole(answers: ["typed"]).console
        let endpoint = try EndpointValues(place: "source", asksPassword: true).apply(to: nil, console: console)
        #expect(endpoint?.password == "typed")
    }

    @Test(arguments: [
        ["stop", "x", "--force"],
        ["stop", "x", "--force", "--graceful", "--reason", "r"],
        ["stop", "x", "--drain-deadline", "10"],
        ["stop"],
        ["stop", "x", "--mode", "hard"],
        ["stop", "x", "--mode", "auto", "--graceful"],
        ["stop", "x", "--mode", "forced"],
        ["stop", "x", "--mode", "forced", "--reason", " "],
        ["stop", "x", "--drain-to", "tomorrow"],
        ["stop", "x", "--drain-to", "time:noon"],
        ["stop", "x", "--drain-deadline", "0s"],
        ["stop", "x", "--on-deadline", "explode"],
        ["stop", "x", "--on-deadline", "force"],
        ["stop", "x", "--when-illegal", "maybe"],
        ["stop", "x", "--wait", "--detach"],
        ["stop", "x", "--plan-hash", "abc"],
        ["stop", "x", "y", "--plan-hash", String(repeating: "ab", count: 32)],
        ["stop", "--all", "--plan-hash", String(repeating: "ab", count: 32)],
        ["stop", "x", "--plan", "--plan-hash", String(repeating: "ab", count: 32)],
        ["stop", "x", "--plan", "--dry-run"],
        ["stop", "--older-than", "7"],
        ["stop", "--status", "half"],
        ["stop", "x", "--max-parallel", "0"],
        ["stop", "x", "--max-parallel", "10001"],
        ["stop", "x", "--stop-after-failures", "0"],
        ["stop", "x", "--atomic", "--max-parallel", "2"],
        ["stop", "x", "--override", "x"],
        ["stop", "x", "--override", "x=hard"],
        ["stop", "x", "--override", "x=auto", "--override", "x=forced"],
        ["cancel-stop"],
        ["cancel-stop", "x", "--stop-id", "y"],
        ["batch", "stop"],
        ["batch", "show"],
        ["batch", "show", "b", "--result", "maybe"],
        ["batch", "list", "--limit", "0"],
        ["batch", "cancel"],
        ["watch", "--progress", "10ms"],
        ["watch", "--live", "--after-revision", "3"],
        ["batch", "stop", "-"],
        ["task", "configure", "x", "--source-host", "a", "--source-socket", "/b"],
        ["task", "configure", "x", "--source-password-env", "A", "--source-password-prompt"],
        ["task", "configure", "x", "--source-password", "secret"],
        ["task", "list", "--status", "half"],
        ["task", "list", "--limit", "0"],
        ["task", "create", "x", "--label", "=v"],
        ["watch", "--live", "-o", "json"],
        ["receipt", "x", "-o", "xml"],
    ])
    func wrongUseIsRefused(arguments: [String]) {
        #expect {
            try CutoverCommand.parseAsRoot(arguments)
        } throws: { error in
            CutoverCommand.exitCode(for: error).rawValue == CommandStatus.usage.rawValue
        }
    }

    @Test(arguments: ["INCREMENTAL_MIGRATION", "incremental-migration", "incremental_migration"])
    func statusesByName(name: String) {
        #expect(StatusArgument(argument: name)?.status == .incrementalMigration)
    }

    @Test func theAddressComesFromTheOptionThenTheEnvironment() throws {
        let given = try HealthCommand.parse(["--server", "unix:/x"]).connection
        let absent = try HealthCommand.parse([]).connection
        #expect(given.address(environment: ["CUTOVER_ADDRESS": "h:1"]) == "unix:/x")
        #expect(absent.address(environment: ["CUTOVER_ADDRESS": "h:1"]) == "h:1")
        #expect(absent.address(environment: ["CUTOVER_ADDRESS": ""]) == "127.0.0.1:7450")
    }

    @Test func completionScriptsAreMade() {
        for shell in ["bash", "zsh", "fish"] {
            #expect(throws: (any Error).self) {
                try CutoverCommand.parseAsRoot(["--generate-completion-script", shell])
            }
            let script = CutoverCommand.completionScript(for: .init(rawValue: shell) ?? .bash)
            #expect(script.contains("--require-all-objects") || script.contains("require-all-objects"), "\(shell)")
        }
    }

    @Test func theHelpListsTheExitStatuses() {
        let help = CutoverCommand.helpMessage(columns: 80)
        for status in CommandStatus.allCases { #expect(help.contains("\(status.rawValue)  \(status.words)")) }
    }

    @Test(
        arguments: [
            (["LANG": "en_US.UTF-8"], true), (["LANG": "C.utf8"], true), (["LANG": "C"], false), ([:], false),
            (["LANG": "en_US.UTF-8", "LC_ALL": "C"], false), (["LC_CTYPE": "C.UTF-8", "LANG": "C"], true),
        ] as [([String: String], Bool)])
    func unicodeFollowsTheLocale(environment: [String: String], isUTF8: Bool) {
        #expect(Console.localeIsUTF8(environment) == isUTF8)
    }
}
