internal import CutoverTasks
import Foundation
internal import Yams

/// Everything that can be set. A flag wins over the environment, which wins over the file, which wins over the default.
public struct ServerConfiguration: Sendable, Hashable {
    /// `host:port`, `[v6]:port` or `unix:/path`. Other addresses than loopback and Unix sockets need TLS, and callers who say
    /// who they are.
    public var listen = "127.0.0.1:7450"
    /// Holds the store, its lock and the key file.
    public var dataDirectory = "./cutover-data"
    /// Encrypts stored passwords; made at the first start. Empty means `<data_directory>/key`.
    public var keyFile = ""
    /// Where `password_file` names are looked up; empty refuses them.
    public var secretsDirectory = ""
    /// trace, debug, info, notice, warning, error or critical.
    public var logLevel = "info"
    /// text or json.
    public var logFormat = "text"
    /// The most tasks whose workers run at one time, 1 to 10,000.
    public var maxRunningTasks = 100
    /// Attempts of a repair before a task is failed, 0 to 1000.
    public var repairAttempts = 10
    /// Wait before the first attempt of a repair, in milliseconds; doubles with each attempt.
    public var repairFirstDelayMs = 1_000
    /// The longest wait between two attempts of a repair, in milliseconds.
    public var repairMaxDelayMs = 60_000
    /// Tasks that have been abnormal for so long are stopped by the server itself, in milliseconds; 0 means never.
    public var stopAbnormalAfterMs = 0
    /// How long a drain may take unless the stop says otherwise, in milliseconds.
    public var drainDeadlineMs = 3_600_000
    /// How long one phase after the drain may take, in milliseconds.
    public var phaseDeadlineMs = 600_000
    /// How long connections may finish their calls at shutdown, in milliseconds.
    public var shutdownGraceMs = 10_000
    public var alarms = AlarmConfiguration()
    public var security = SecurityConfiguration()
    public var observation = ObservationConfiguration()
    public var connections = ConnectionConfiguration()

    public init() {}

    /// How lost work is repaired. The longest wait is never shorter than the first.
    var repairPolicy: RepairPolicy {
        RepairPolicy(
            maxAttempts: UInt32(repairAttempts), firstDelayMs: Int64(repairFirstDelayMs),
            maxDelayMs: Int64(max(repairFirstDelayMs, repairMaxDelayMs)))
    }

    public var storePath: String { dataDirectory + "/cutover.db" }
    public var keyPath: String { keyFile.isEmpty ? dataDirectory + "/key" : keyFile }

    /// One setting: its name in the file, in the environment (`CUTOVER_` and the name in capitals) and as a flag.
    struct Setting: Sendable {
        var name: String
        var set: @Sendable (inout ServerConfiguration, String) throws -> Void

        var variable: String { "CUTOVER_" + name.uppercased() }
    }

    /// Every setting, in the order of the documentation.
    static let settings: [Setting] =
        [
            text("listen", \.listen), text("data_directory", \.dataDirectory), text("key_file", \.keyFile),
            text("secrets_directory", \.secretsDirectory),
            choice("log_level", \.logLevel, ["trace", "debug", "info", "notice", "warning", "error", "critical"]),
            choice("log_format", \.logFormat, ["text", "json"]),
            number("max_running_tasks", \.maxRunningTasks, 1...10_000),
            number("repair_attempts", \.repairAttempts, 0...1000),
            number("repair_first_delay_ms", \.repairFirstDelayMs, 1...3_600_000),
            number("repair_max_delay_ms", \.repairMaxDelayMs, 1...86_400_000),
            number("stop_abnormal_after_ms", \.stopAbnormalAfterMs, 0...31_536_000_000),
            number("drain_deadline_ms", \.drainDeadlineMs, 1000...2_592_000_000),
            number("phase_deadline_ms", \.phaseDeadlineMs, 1000...86_400_000),
            number("shutdown_grace_ms", \.shutdownGraceMs, 0...600_000),
        ] + alarmSettings + securitySettings + observationSettings + connectionSettings

    /// The names of all settings.
    public static var settingNames: [String] { settings.map(\.name) }

    /// Sets one setting from its text.
    public mutating func set(_ name: String, to value: String) throws {
        guard let setting = Self.settings.first(where: { $0.name == name }) else {
            throw ConfigurationError(
                "There is no setting \"\(name)\". Known: \(Self.settingNames.joined(separator: ", ")).")
        }
        try setting.set(&self, value)
    }

    /// Reads file, environment and flags in this order; later ones win.
    public static func load(
        file: String?, environment: [String: String], flags: [String: String]
    ) throws -> ServerConfiguration {
        var configuration = ServerConfiguration()
        if let file { try configuration.read(file: file) }
        for setting in settings {
            if let value = environment[setting.variable] { try setting.set(&configuration, value) }
        }
        for (name, value) in flags.sorted(by: { $0.key < $1.key }) { try configuration.set(name, to: value) }
        return configuration
    }

    private mutating func read(file: String) throws {
        guard let data = FileManager.default.contents(atPath: file), data.count <= 1 << 20,
            let text = String(data: data, encoding: .utf8)
        else {
            throw ConfigurationError("The configuration file \(file) cannot be read, or is not UTF-8 of at most 1 MiB.")
        }
        let node: Node?
        do {
            node = try Yams.compose(yaml: text)
        } catch {
            throw ConfigurationError("The configuration file \(file) is not valid YAML: \(error).")
        }
        guard let node else { return }
        guard let mapping = node.mapping else {
            throw ConfigurationError("The configuration file \(file) must be a mapping of settings to values.")
        }
        for (key, value) in mapping {
            guard let name = key.string, let value = value.scalar?.string else {
                throw ConfigurationError(
                    "The configuration file \(file) has something other than \"name: value\" at line \(key.mark?.line ?? 0)."
                )
            }
            try set(name, to: value)
        }
    }

    static func text(
        _ name: String, _ path: any WritableKeyPath<ServerConfiguration, String> & Sendable
    ) -> Setting {
        Setting(name: name) { configuration, value in configuration[keyPath: path] = value }
    }

    static func choice(
        _ name: String, _ path: any WritableKeyPath<ServerConfiguration, String> & Sendable, _ allowed: [String]
    ) -> Setting {
        Setting(name: name) { configuration, value in
            guard allowed.contains(value) else {
                throw ConfigurationError("\(name) must be one of \(allowed.joined(separator: ", ")).")
            }
            configuration[keyPath: path] = value
        }
    }

    static func yesOrNo(
        _ name: String, _ path: any WritableKeyPath<ServerConfiguration, Bool> & Sendable
    ) -> Setting {
        Setting(name: name) { configuration, value in
            guard value == "true" || value == "false" else {
                throw ConfigurationError("\(name) must be true or false.")
            }
            configuration[keyPath: path] = value == "true"
        }
    }

    static func number(
        _ name: String, _ path: any WritableKeyPath<ServerConfiguration, Int> & Sendable, _ range: ClosedRange<Int>
    ) -> Setting {
        Setting(name: name) { configuration, value in
            guard let number = Int(value), range.contains(number) else {
                throw ConfigurationError(
                    "\(name) must be a whole number from \(range.lowerBound) to \(range.upperBound).")
            }
            configuration[keyPath: path] = number
        }
    }
}
