internal import CutoverMariaDB
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
    private let store: any TaskStore
    private let pool: RunnerPool
    private let batches: BatchPool
    private let alarms: AlarmDesk
    private let residue: ResidueJobs
    private let health: HealthService
    private let rpc: RPCServer
    private let access: AccessList
    /// What is served.
    let methods: [RPCMethod]
    private let accessWatch: Task<Void, Never>
    private let configuration: ServerConfiguration
    private let logger: Logger

    /// Where the server listens, such as `127.0.0.1:7450`.
    public var address: String { rpc.boundAddress }

    private init(
        store: any TaskStore, pool: RunnerPool, batches: BatchPool, residue: ResidueJobs, alarms: AlarmDesk,
        health: HealthService, rpc: RPCServer, access: AccessList, methods: [RPCMethod],
        configuration: ServerConfiguration, logger: Logger
    ) {
        self.store = store
        self.pool = pool
        self.batches = batches
        self.alarms = alarms
        self.residue = residue
        self.health = health
        self.rpc = rpc
        self.access = access
        self.methods = methods
        accessWatch = Task { await access.watch() }
        self.configuration = configuration
        self.logger = logger
    }

    /// Opens the store, takes up what an earlier process left, and listens.
    /// - Throws: ``ConfigurationError``, `TaskStoreError` (in use, newer, corrupt), and what the listener throws.
    public static func start(
        _ configuration: ServerConfiguration, environment: [String: String], logger: Logger
    ) async throws -> CutoverServer {
        try makeDirectory(configuration.dataDirectory)
        let store = try await SQLiteTaskStore.open(path: configuration.storePath, logger: logger)
        do {
            return try await start(
                configuration, environment: environment, store: store, replicator: MariaDBReplicator(logger: logger),
                logger: logger)
        } catch {
            await store.close()
            throw error
        }
    }

    static func start(
        _ configuration: ServerConfiguration, environment: [String: String], store: any TaskStore,
        replicator: any Replicator, logger: Logger
    ) async throws -> CutoverServer {
        let access = try configuration.access(logger: logger)
        var listener = try configuration.listener(access: access)
        let monitor = RPCServerMonitor()
        listener.monitor = monitor
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
        let residue = ResidueJobs(context: context)
        let health = HealthService()
        let view = TaskView(ledger: ledger, board: board)
        let alarms = try await AlarmDesk(
            configuration.alarms, store: store, board: board, logger: logger, nowMs: ledger.nowMs)
        var router = RPCRouter()
        try router.register(health: health)
        try router.register(echo: EchoService())
        try router.register(
            taskService: TaskService(
                ledger: ledger, pool: pool, vault: vault, view: view,
                watch: WatchService(ledger: ledger, view: view), maxRunningTasks: configuration.maxRunningTasks))
        try router.register(
            stopService: StopService(
                ledger: ledger, pool: pool, planner: StopPlanner(context: context), view: view, residue: residue))
        try router.register(batchStopService: BatchStopService(batches: batches))
        try router.register(alarmService: AlarmService(store: store, changes: alarms.changes))
        try router.register(auditService: AuditService(store: store))
        try router.register(
            stats: StatsService(
                monitor: monitor, version: version, startedAtMs: ledger.nowMs(), nowMs: ledger.nowMs))
        try router.register(reflection: ReflectionService(methods: router.methods))
        let resumed = try await pool.start()
        if resumed > 0 { logger.notice("took up tasks", metadata: ["tasks": "\(resumed)"]) }
        let openBatches = try await batches.start()
        if openBatches > 0 { logger.notice("took up batches", metadata: ["batches": "\(openBatches)"]) }
        do {
            let rpc = try await RPCServer.start(configuration: listener, router: router, logger: logger)
            logger.notice(
                "cutoverd listens",
                metadata: [
                    "address": "\(rpc.boundAddress)", "tls": "\(listener.tls != nil)",
                    "callers": access.isRequired ? "known" : "anybody",
                ])
            await alarms.start()
            return CutoverServer(
                store: store, pool: pool, batches: batches, residue: residue, alarms: alarms, health: health, rpc: rpc,
                access: access, methods: router.methods, configuration: configuration,
                logger: logger)
        } catch {
            await batches.shutDown()
            await pool.shutDown()
            throw error
        }
    }

    /// Looks at certificates and tokens now, rather than when they are looked at next.
    public func reload() {
        access.reloadIfChanged()
        rpc.reloadCertificates()
    }

    /// Lets connections finish their calls, ends the workers without any transition, and closes the store: the next start takes
    /// everything up.
    public func shutdown() async {
        logger.notice("cutoverd shuts down")
        health.stopServing()
        accessWatch.cancel()
        await rpc.shutdown(grace: .milliseconds(configuration.shutdownGraceMs))
        await alarms.shutDown()
        await batches.shutDown()
        await residue.shutDown()
        await pool.shutDown()
        await store.close()
        logger.notice("cutoverd ended")
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
