import CutoverModel

/// What a running worker knows of its task before the task's record does.
struct StopHints: Sendable, Hashable {
    /// How long an end must have been unreachable before AUTO takes the task for abnormal, in milliseconds: longer than a
    /// server's restart of its listener or a lost packet takes.
    static let unreachableAfterMs: Int64 = 5_000

    /// Why the task cannot drain now although its status does not say so; nil when it can, or nothing is known.
    var abnormality: String?
    /// What the destination is known to have; nil when nothing is known.
    var appliedPosition: String?

    init() {}

    /// - Parameter progress: the task's live progress; nil when it does not run.
    init(_ progress: MigrationProgress?, nowMs: Int64) {
        guard let progress else { return }
        appliedPosition = progress.appliedPosition.isEmpty ? nil : progress.appliedPosition
        for (end, sinceMs) in [
            ("source", progress.sourceUnreachableSinceMs), ("destination", progress.destinationUnreachableSinceMs),
        ] where sinceMs > 0 && nowMs - sinceMs >= Self.unreachableAfterMs {
            abnormality = "the \(end) has been unreachable for \((nowMs - sinceMs) / 1000) s, so the task cannot drain"
            return
        }
    }
}
