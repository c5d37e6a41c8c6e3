import CutoverModel
internal import CutoverSQLite
internal import CutoverTasks
internal import Logging

/// What looks for alarms and tells of them: the monitor, its log's end, and the webhook where one is configured.
struct AlarmDesk: Sendable {
    /// Calls that may wait for the next change at one time.
    private static let maxWaiting = 10_000

    /// The last change that is durable.
    let changes: RevisionWaiters
    private let monitor: AlarmMonitor
    private let sender: WebhookSender?

    /// Starts nothing yet.
    /// - Throws: ``ConfigurationError`` for the webhook's settings; `TaskStoreError`.
    init(
        _ configuration: AlarmConfiguration, store: any TaskStore, board: ProgressBoard, logger: Logger,
        nowMs: @escaping @Sendable () -> Int64
    ) async throws {
        let target = try configuration.webhook()
        let last = try await store.alarms(AlarmQuery(includesCleared: true, limit: 1)).first?.change ?? 0
        let changes = RevisionWaiters(revision: last, limit: Self.maxWaiting)
        self.changes = changes
        monitor = AlarmMonitor(
            store: store, board: board, settings: configuration.settings, delivers: target != nil, changes: changes,
            logger: logger, nowMs: nowMs)
        sender = target.map {
            WebhookSender(
                store: store, target: $0, transport: HTTPWebhookTransport(authoritiesFile: $0.authoritiesFile),
                changes: changes, logger: logger, nowMs: nowMs)
        }
    }

    func start() async {
        await monitor.start()
        await sender?.start()
    }

    /// Alarms that are active now, by kind; nil before they were read.
    func raised() async -> [AlarmKind: Int]? { await monitor.raised }

    /// Ends at once; what was not delivered is delivered after the next start.
    func shutDown() async {
        await monitor.shutDown()
        await sender?.shutDown()
        changes.close()
    }
}
