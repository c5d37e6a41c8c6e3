internal import CutoverTasks

/// What can be set about alarms and their webhook. Times are in milliseconds unless the name says otherwise.
public struct AlarmConfiguration: Sendable, Hashable {
    /// From one look for alarms to the next.
    public var intervalMs = 5_000
    /// How long an end may be out of reach, or a lost worker be repaired, without an alarm.
    public var unreachableMs = 15_000
    /// How far behind the destination may be; an alarm once it has been further behind for as long as this.
    public var lagMs = 60_000
    /// How long one phase of a stop may last without getting any further.
    public var stopStuckMs = 300_000
    /// After how long an active alarm is said again.
    public var repeatMs = 3_600_000
    /// How many days an alarm is kept after it was cleared.
    public var retentionDays = 90
    /// An http or https address to which changes of alarms are posted; empty for none. May hold a token: never logged.
    public var webhookURL = ""
    /// A file with 16 to 1024 bytes that deliveries are signed with, readable by the server's user alone.
    public var webhookSecretFile = ""
    /// A PEM file with the authorities that may have signed for an https receiver, instead of the system's; empty for those.
    public var webhookCAFile = ""

    public init() {}

    var settings: AlarmSettings {
        AlarmSettings(
            thresholds: AlarmThresholds(
                unreachableMs: Int64(unreachableMs), lagMs: Int64(lagMs), stopStuckMs: Int64(stopStuckMs),
                repeatMs: Int64(repeatMs)),
            intervalMs: Int64(intervalMs), retentionMs: Int64(retentionDays) * 86_400_000)
    }

    /// Where to deliver; nil when nothing is configured.
    func webhook() throws(ConfigurationError) -> WebhookTarget? {
        guard !webhookURL.isEmpty else {
            for (name, value) in [("webhook_secret_file", webhookSecretFile), ("webhook_ca_file", webhookCAFile)]
            where !value.isEmpty {
                throw ConfigurationError("\(name) is set, but webhook_url is not.")
            }
            return nil
        }
        return try WebhookTarget(url: webhookURL, secretFile: webhookSecretFile, authoritiesFile: webhookCAFile)
    }
}

extension ServerConfiguration {
    static let alarmSettings: [Setting] = [
        number("alarm_interval_ms", \.alarms.intervalMs, 100...600_000),
        number("alarm_unreachable_ms", \.alarms.unreachableMs, 0...86_400_000),
        number("alarm_lag_ms", \.alarms.lagMs, 1_000...86_400_000),
        number("alarm_stop_stuck_ms", \.alarms.stopStuckMs, 1_000...86_400_000),
        number("alarm_repeat_ms", \.alarms.repeatMs, 1_000...2_592_000_000),
        number("alarm_retention_days", \.alarms.retentionDays, 1...3_650),
        text("webhook_url", \.alarms.webhookURL), text("webhook_secret_file", \.alarms.webhookSecretFile),
        text("webhook_ca_file", \.alarms.webhookCAFile),
    ]
}
