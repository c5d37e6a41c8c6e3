internal import CutoverMetrics
import CutoverModel
internal import CutoverRPC
internal import CutoverTasks

/// What the parts of a server say of themselves at each scrape.
struct ServerMetrics: Sendable {
    /// How long the store may take to count its tasks; without an answer the scrape goes on without them.
    private static let countDeadlineMs: Int64 = 2_000

    let store: any TaskStore
    let pool: RunnerPool
    let batches: BatchPool
    let alarms: AlarmDesk
    let monitor: RPCServerMonitor
    let startedAtMs: Int64

    func families() async -> [MetricFamily] {
        let build = MetricFamily("cutover_build_info", .gauge, "1, with the version of the server as a label.")
        let start = MetricFamily(
            "cutover_start_time_seconds", .gauge, "When the server started, in seconds since 1970.")
        let runners = MetricFamily("cutover_task_runners", .gauge, "Tasks that have something to do now.")
        let live = MetricFamily("cutover_batches_live", .gauge, "Batches of stops that are not over.")
        var families = [
            build.with(.count(1), [("version", CutoverServer.version)]),
            start.with(.number(Double(startedAtMs) / 1_000)),
            runners.with(.count(await pool.runnerCount)),
            live.with(.count(await batches.count)),
        ]
        families += await raisedAlarms()
        families += await tasks()
        if let statistics = monitor.statistics { families += RPCMetrics.families(statistics) }
        return families
    }

    private func tasks() async -> [MetricFamily] {
        let store = store
        let counted = try? await withDeadline(milliseconds: Self.countDeadlineMs, "") { try await store.liveCounts() }
        guard let counted else { return [] }
        var tasks = MetricFamily("cutover_tasks", .gauge, "Tasks that have not ended, by status.")
        for status in TaskStatus.allKnown where !status.isFinal && status != .unspecified {
            tasks.add(.count(counted[status] ?? 0), [("status", status.name)])
        }
        let stops = MetricFamily(
            "cutover_stops_in_progress", .gauge, "Stops that were accepted and are carried out now.")
        return [tasks, stops.with(.count(counted[.stopping] ?? 0))]
    }

    private func raisedAlarms() async -> [MetricFamily] {
        guard let counted = await alarms.raised() else { return [] }
        var raised = MetricFamily("cutover_alarms_raised", .gauge, "Alarms that are active now, by kind.")
        for kind in AlarmKind.allKnown where kind != .unspecified {
            raised.add(.count(counted[kind] ?? 0), [("kind", kind.name)])
        }
        return [raised]
    }
}
