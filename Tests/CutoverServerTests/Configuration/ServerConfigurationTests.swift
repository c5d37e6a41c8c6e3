@testable import CutoverServer
import Testing

@Suite struct ServerConfigurationTests {
    func load(
        file text: String? = nil, environment: [String: String] = [:], flags: [String: String] = [:]
    ) throws -> ServerConfiguration {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        if let text { try directory.write("cutover.yaml", text) }
        return try ServerConfiguration.load(
            file: text == nil ? nil : directory.path + "/cutover.yaml", environment: environment, flags: flags)
    }

    @Test func defaults() throws {
        #expect(try load() == ServerConfiguration())
        #expect(try load(file: "") == ServerConfiguration(), "an empty file sets nothing")
        #expect(ServerConfiguration().listen == "127.0.0.1:7450")
    }

    @Test func flagsWinOverEnvironmentOverFileOverDefault() throws {
        let file = "repair_attempts: 1\nlog_level: debug\nlisten: 127.0.0.1:1\nmax_running_tasks: 5\n"
        let environment = [
            "CUTOVER_REPAIR_ATTEMPTS": "2", "CUTOVER_LISTEN": "127.0.0.1:2", "CUTOVER_LOG_LEVEL": "notice",
        ]
        let merged = try load(file: file, environment: environment, flags: ["listen": "127.0.0.1:3"])
        #expect(merged.listen == "127.0.0.1:3")
        #expect(merged.repairAttempts == 2 && merged.logLevel == "notice")
        #expect(merged.maxRunningTasks == 5)
        #expect(merged.logFormat == "text")
    }

    @Test func everySettingCanBeSetEveryWay() throws {
        let values = [
            "listen": "unix:/run/x", "data_directory": "/d", "key_file": "/k", "secrets_directory": "/s",
            "log_level": "trace", "log_format": "json", "max_running_tasks": "8",
            "repair_attempts": "9", "repair_first_delay_ms": "5", "repair_max_delay_ms": "6",
            "stop_abnormal_after_ms": "7", "drain_deadline_ms": "1001", "phase_deadline_ms": "1002",
            "shutdown_grace_ms": "1003",
            "alarm_interval_ms": "1004", "alarm_unreachable_ms": "1005", "alarm_lag_ms": "1006",
            "alarm_stop_stuck_ms": "1007", "alarm_repeat_ms": "1008", "alarm_retention_days": "9",
            "webhook_url": "https://alarms.example/", "webhook_secret_file": "/w",
            "tls_certificate_file": "/c", "tls_key_file": "/p", "tls_client_ca_file": "/a",
            "tls_client_certificates": "optional", "tokens_file": "/t", "allow_plaintext_anywhere": "true",
            "allow_anonymous_anywhere": "true",
            "webhook_ca_file": "/c",
            "metrics_listen": "127.0.0.1:7451", "allow_metrics_anywhere": "true", "request_log": "all",
            "request_log_lines_per_second": "7", "max_connections": "50", "max_connection_age_ms": "60000",
        ]
        #expect(Set(values.keys) == Set(ServerConfiguration.settingNames))
        let byFlags = try load(flags: values)
        let byEnvironment = try load(
            environment: .init(uniqueKeysWithValues: values.map { ("CUTOVER_" + $0.key.uppercased(), $0.value) }))
        let byFile = try load(file: values.map { "\($0.key): \"\($0.value)\"\n" }.joined())
        #expect(byFlags == byEnvironment && byFlags == byFile && byFlags != ServerConfiguration())
        #expect(byFlags.keyPath == "/k" && byFlags.storePath == "/d/cutover.db")
        for name in values.keys {
            #expect(try load(flags: [name: values[name] ?? ""]) != ServerConfiguration(), "\(name)")
        }
    }

    @Test func unknownNamesAreRefusedWithTheKnownOnes() throws {
        for attempt in [{ try load(file: "listne: x\n") }, { try load(flags: ["listne": "x"]) }] {
            do {
                _ = try attempt()
                Issue.record("an unknown setting was taken")
            } catch let error as ConfigurationError {
                #expect(error.description.contains("listne") && error.description.contains("data_directory"))
            }
        }
    }

    @Test(arguments: [
        ("max_running_tasks", "0"), ("max_running_tasks", "10001"), ("max_running_tasks", "many"),
        ("max_running_tasks", ""),
        ("repair_attempts", "-1"),
        ("repair_attempts", "1001"), ("drain_deadline_ms", "999"), ("drain_deadline_ms", "1e4"), ("log_level", "loud"),
        ("log_format", "xml"), ("allow_plaintext_anywhere", "yes"), ("tls_client_certificates", "none"),
        ("max_connections", "-1"), ("max_connection_age_ms", "2592000001"),
        ("request_log", "some"), ("request_log_lines_per_second", "0"), ("allow_metrics_anywhere", "1"),
        ("max_running_tasks", "99999999999999999999"),
    ])
    func badValuesAreRefused(_ name: String, _ value: String) {
        #expect(throws: ConfigurationError.self) { try load(flags: [name: value]) }
    }

    @Test(arguments: ["- a\n- b\n", "listen: [a]\n", "listen: {a: b}\n", "listen: \"unclosed\n", "just text"])
    func badFilesAreRefused(_ text: String) {
        #expect(throws: ConfigurationError.self) { try load(file: text) }
    }

    @Test func aMissingFileIsRefused() {
        #expect(throws: ConfigurationError.self) {
            try ServerConfiguration.load(file: "/nonexistent/cutover.yaml", environment: [:], flags: [:])
        }
    }
}
