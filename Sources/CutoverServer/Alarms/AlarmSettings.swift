internal import CutoverTasks

/// How the server looks for alarms and how long it keeps them.
struct AlarmSettings: Sendable {
    var thresholds = AlarmThresholds()
    /// From one look to the next.
    var intervalMs: Int64 = 5_000
    /// How long an alarm is kept after it was cleared.
    var retentionMs: Int64 = 90 * 86_400_000
    /// The most alarms that are active at one time; no more are raised.
    var maxActive = 10_000
    /// Pages of 1000 tasks that one look reads at most; the next look goes on there.
    var pagesPerLook = 10
}
