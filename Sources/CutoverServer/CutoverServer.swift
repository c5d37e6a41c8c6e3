internal import CutoverMariaDB
public import CutoverMetrics
internal import CutoverRPC
internal import CutoverServices
internal import CutoverSQLite
internal import CutoverTasks
internal import Foundation
public import Logging

/// The composition root: store, engine, runners, services, listener, and their orderly end.
public final class CutoverServer: Sendable {
    /// What is served, and what `cutoverd --version` prints.
    public static let version = "0.1.0"

    /// What a server is made of, beside what listens.
    private struct Parts: Sendable {
        let ledger: TaskLedger
        let context: RunnerContext
        let pool: RunnerPool
        let batches: BatchPool
        let residue: ResidueJobs
        let alarms: AlarmDesk
        let health = HealthService()
        let access: AccessList
        let monitor = RPCServerMonitor()
        let requestLog: RequestLog?
        let metrics: MetricsRegistry
        let configuration: ServerConfiguration
        let logger: Logger

        var store: any TaskStore { ledger.store }
    }

    private let parts: Parts
    private let rpc: RPCServer
    private let metricsListener: MetricsListener?
    /// What is served.
    let methods: [RPCMethod]
    private let accessWatch: Task<Void, Never>

    /// Where the server listens, such as `127.0.0.1:7450`.
    public var address: String { rpc.boundAddress }

    /// Where metrics are served, such as 7451; nil when they are not.
    public var metricsPort: Int? { metricsListener?.port }

    private init(parts: Parts, rpc: RPCServer, metricsListener: MetricsListener?, methods: [RPCMethod]) {
        self.parts = parts
        self.rpc = rpc
        self.metricsListener = metricsListener
        self.methods = methods
        accessWatch = Task { [access = parts.access] in await access.watch() }
    }

    /// Opens the store, takes up what an earlier process left, and listens.
    /// - Parameter metrics: where what is measured is kept; one server at most writes to it.
    /// - Throws: ``ConfigurationError``, `TaskStoreError` (in use, newer, corrupt), and what the listener throws.
    public static func start(
        _ configuration: ServerConfiguration, environment: [String: String],
        metrics: MetricsRegistry = MetricsRegistry(), logger: Logger
    ) async throws -> CutoverServer {
        try makeDirectory(configuration.dataDirectory)
        let store = try await SQLiteTaskStore.open(path: configuration.storePath, logger: logger)
        do {
            return try await start(
                configuration, environment: environment, store: store, replicator: MariaDBReplicator(logger: logger),
                metrics: metrics, logger: logger)
        } catch {
            await store.close()
            throw error
        }
    }

    static func start(
        _ configuration: ServerConfiguration, environment: [String: String], store: any TaskStore,
        replicator: any Replicator, metrics: MetricsRegistry = MetricsRegistry(), logger: Logger
    ) async throws -> CutoverServer {
        let parts = try await makeParts(
            configuration, environment: environment, store: MeteredTaskStore(store, metrics: metrics),
            replicator: replicator, metrics: metrics, logger: logger)
        var listener = try configuration.listener(access: parts.access)
        listener.monitor = parts.monitor
        listener.callObserver = parts.requestLog
        let router = try makeRouter(parts)
        let resumed = try await parts.pool.start()
        if resumed > 0 { logger.notice("took up tasks", metadata: ["tasks": "\(resumed)"]) }
        let openBatches = try await parts.batches.start()
        if openBatches > 0 { logger.notice("took up batches", metadata: ["batches": "\(openBatches)"]) }
        do {
            return try await listen(listener, router, parts)
        } catch {
            await parts.batches.shutDown()
            await parts.pool.shutDown()
            throw error
        }
    }

    private static func makeParts(
        _ configuration: ServerConfiguration, environment: [String: String], store: any TaskStore,
        replicator: any Replicator, metrics: MetricsRegistry, logger: Logger
    ) async throws -> Parts {
        let vault = PasswordVault(
            key: try KeyFile.load(path: configuration.keyPath),
            secretsDirectory: configuration.secretsDirectory.isEmpty ? nil : configuration.secretsDirectory,
            environment: environment)
        let ledger = TaskLedger(store: store, policy: configuration.repairPolicy)
        let board = ProgressBoard()
        let context = RunnerContext(
            ledger: ledger, replicator: replicator, vault: vault, board: board, logger: logger,
            drainDeadlineMs: Int64(configuration.drainDeadlineMs),
            phaseDeadlineMs: Int64(configuration.phaseDeadlineMs),
            stopAbnormalAfterMs: Int64(configuration.stopAbnormalAfterMs),
            graceful: JobSlots(limit: configuration.maxRunningTasks),
            forced: JobSlots(limit: configuration.maxRunningTasks))
        let pool = RunnerPool(context: context)
        let batches = BatchPool(
            context: BatchContext(
                ledger: ledger, pool: pool, board: board, drainDeadlineMs: Int64(configuration.drainDeadlineMs),
                logger: logger))
        return Parts(
            ledger: ledger, context: context, pool: pool, batches: batches, residue: ResidueJobs(context: context),
            alarms: try await AlarmDesk(
                configuration.alarms, store: store, board: board, logger: logger, nowMs: ledger.nowMs),
            access: try configuration.access(logger: logger),
            requestLog: configuration.observation.makeRequestLog(logger: logger, metrics: metrics), metrics: metrics,
            configuration: configuration, logger: logger)
    }

    private static func makeRouter(_ parts: Parts) throws -> RPCRouter {
        let ledger = parts.ledger
        let view = TaskView(ledger: ledger, board: parts.context.board)
        var router = RPCRouter()
        try router.register(health: parts.health)
        try router.register(echo: EchoService())
        try router.register(
            taskService: TaskService(
                ledger: ledger, pool: parts.pool, vault: parts.context.vault, view: view,
                watch: WatchService(ledger: ledger, view: view),
                maxRunningTasks: parts.configuration.maxRunningTasks))
        try router.register(
            stopService: StopService(
                ledger: ledger, pool: parts.pool, planner: StopPlanner(context: parts.context), view: view,
                residue: parts.residue))
        try router.register(batchStopService: BatchStopService(batches: parts.batches))
        try router.register(alarmService: AlarmService(store: parts.store, changes: parts.alarms.changes))
        try router.register(auditService: AuditService(store: parts.store))
        try router.register(
            stats: StatsService(
                monitor: parts.monitor, version: version, startedAtMs: ledger.nowMs(), nowMs: ledger.nowMs))
        try router.register(reflection: ReflectionService(methods: router.methods))
        return router
    }

    private static func listen(
        _ listener: RPCServerConfiguration, _ router: RPCRouter, _ parts: Parts
    ) async throws -> CutoverServer {
        let metricsListener = try await serveMetrics(parts)
        do {
            let rpc = try await RPCServer.start(configuration: listener, router: router, logger: parts.logger)
            parts.logger.notice(
                "cutoverd listens",
                metadata: [
                    "address": "\(rpc.boundAddress)", "tls": "\(listener.tls != nil)",
                    "callers": parts.access.isRequired ? "known" : "anybody",
                ])
            await parts.alarms.start()
            return CutoverServer(parts: parts, rpc: rpc, metricsListener: metricsListener, methods: router.methods)
        } catch {
            await metricsListener?.shutdown()
            throw error
        }
    }

    /// nil when nothing is to be served.
    private static func serveMetrics(_ parts: Parts) async throws -> MetricsListener? {
        guard let address = try parts.configuration.observation.metricsAddress() else { return nil }
        let metrics = ServerMetrics(
            store: parts.store, pool: parts.pool, batches: parts.batches, alarms: parts.alarms,
            monitor: parts.monitor, startedAtMs: parts.ledger.nowMs())
        parts.metrics.collect { await metrics.families() }
        let content = MetricsListener.Content(
            metrics: { [registry = parts.metrics] in await registry.render() },
            isHealthy: { [health = parts.health, monitor = parts.monitor] in
                health.isServing && monitor.statistics != nil
            })
        do {
            let listener = try await MetricsListener.start(address: address, content: content, logger: parts.logger)
            parts.logger.notice("metrics are served", metadata: ["port": "\(listener.port)"])
            return listener
        } catch {
            throw ConfigurationError(
                "metrics_listen: \(parts.configuration.observation.metricsListen) cannot be listened on: \(error). "
                    + "Choose another address.")
        }
    }

    /// Looks at certificates and tokens now, rather than when they are looked at next.
    public func reload() {
        parts.access.reloadIfChanged()
        rpc.reloadCertificates()
    }

    /// Lets connections finish their calls, ends the workers without any transition, and closes the store: the next start takes
    /// everything up.
    public func shutdown() async {
        parts.logger.notice("cutoverd shuts down")
        parts.health.stopServing()
        accessWatch.cancel()
        await rpc.shutdown(grace: .milliseconds(parts.configuration.shutdownGraceMs))
        await parts.alarms.shutDown()
        await parts.batches.shutDown()
        await parts.residue.shutDown()
        await parts.pool.shutDown()
        await metricsListener?.shutdown()
        await parts.store.close()
        await parts.requestLog?.flush()
        parts.logger.notice("cutoverd ended")
    }

    private static func makeDirectory(_ path: String) throws {
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw ConfigurationError("The data directory \(path) cannot be made. Set data_directory to one that can.")
        }
    }
}
