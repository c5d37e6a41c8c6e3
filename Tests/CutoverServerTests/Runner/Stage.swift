import CutoverModel
@testable import CutoverServer
import CutoverTasks
import Foundation
import Logging

/// A store, a scripted engine and the runners of one server process; `restarted` gives the next process over the same store.
struct Stage {
    static let deadline = Duration.seconds(30)

    let store: InMemoryTaskStore
    let replicator: ScriptedReplicator
    let clock: SettableClock
    let context: RunnerContext
    let pool: RunnerPool

    init(
        store: InMemoryTaskStore = InMemoryTaskStore(), replicator: ScriptedReplicator = ScriptedReplicator(),
        clock: SettableClock = SettableClock(), attempts: UInt32 = 3, environment: [String: String] = [:],
        gracefulSlots: Int = 100, stopAbnormalAfterMs: Int64 = 0, healthyAfterMs: Int64 = 30_000
    ) {
        self.clock = clock
        self.store = store
        self.replicator = replicator
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        context = RunnerContext(
            ledger: TaskLedger(
                store: store, policy: RepairPolicy(maxAttempts: attempts, firstDelayMs: 1, maxDelayMs: 2),
                nowMs: { clock.nowMs }),
            replicator: replicator,
            vault: PasswordVault(
                key: [UInt8](repeating: 7, count: 32), secretsDirectory: nil, environment: environment),
            board: ProgressBoard(), logger: logger, drainDeadlineMs: 60_000, phaseDeadlineMs: 60_000,
            stopAbnormalAfterMs: stopAbnormalAfterMs, healthyAfterMs: healthyAfterMs,
            graceful: JobSlots(limit: gracefulSlots))
        pool = RunnerPool(context: context)
    }

    /// Ends this process as a shutdown does and begins another one.
    func restarted(environment: [String: String] = [:]) async throws -> Stage {
        await pool.shutDown()
        let next = Stage(store: store, replicator: replicator, clock: clock, environment: environment)
        _ = try await next.pool.start()
        return next
    }

    /// Creates a task, configures it, and starts it when its pre-check is good.
    func create(_ id: String = "t1", kind: MigrationKind = .fullAndIncremental, passwordEnv: String = "") async throws {
        let created = TaskMachine.create(id: id, name: id, labels: [], nowMs: 1)
        _ = try await store.apply([
            TaskWrite(
                record: created.state.record, expectedRevision: 0, from: .unspecified, actor: "ann",
                action: created.action, atMs: 1,
                spec: TaskSpec(
                    source: DatabaseEndpoint(host: "a"),
                    destination: DatabaseEndpoint(host: "b", passwordEnv: passwordEnv), databases: ["shop"], kind: kind)
            )
        ])
        await pool.poke(id)
        try await reach(.configuration, id)
        try await order(.configure(kind: kind, startAtMs: 0), id)
    }

    /// A task that follows its source.
    func createAndFollow(_ id: String = "t1", passwordEnv: String = "") async throws {
        try await create(id, passwordEnv: passwordEnv)
        try await reach(.pendingStart, id)
        try await order(.start, id)
        try await reach(.incrementalMigration, id)
        try await condition("follows") { [replicator] in replicator.read(\.follows) > 0 }
    }

    func order(_ order: TaskOrder, _ id: String = "t1") async throws {
        let ledger = context.ledger
        _ = try await ledger.write(id, actor: "ann") { state in
            try TaskMachine.apply(order, to: state, nowMs: ledger.nowMs())
        }
        await pool.poke(id)
    }

    func stop(_ order: StopOrder, _ id: String = "t1") async throws {
        let ledger = context.ledger
        _ = try await ledger.write(id, actor: "ann") { state in
            guard case .accepted(let transition) = try StopMachine.decide(order, for: state, nowMs: ledger.nowMs())
            else {
                throw StageError.notAccepted
            }
            return transition
        }
        await pool.poke(id)
    }

    func state(_ id: String = "t1") async throws -> TaskState {
        guard let state = try await store.state(of: id) else { throw StageError.noTask }
        return state
    }

    /// Waits, from revision to revision, for a status.
    @discardableResult
    func reach(_ status: TaskStatus, _ id: String = "t1") async throws -> TaskState {
        try await reach("\(status)", id) { $0.record.status == status }
    }

    @discardableResult
    func reach(
        _ what: String, _ id: String = "t1", _ isMet: @escaping @Sendable (TaskState) -> Bool
    ) async throws -> TaskState {
        let store = store
        return try await bounded(what) {
            while true {
                let revision = try await store.revision()
                if let state = try await store.state(of: id), isMet(state) { return state }
                try await store.waitForRevision(above: revision)
            }
        }
    }

    /// Waits for something that is not in the store.
    func condition(_ what: String, _ isMet: @escaping @Sendable () -> Bool) async throws {
        try await bounded(what) {
            while !isMet() { try await Task.sleep(for: .milliseconds(1)) }
        }
    }

    private func bounded<Value: Sendable>(
        _ what: String, _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        try await withThrowingTaskGroup(of: Value.self) { group in
            group.addTask { try await body() }
            group.addTask {
                try await Task.sleep(for: Self.deadline)
                throw StageError.never(what)
            }
            defer { group.cancelAll() }
            guard let first = try await group.next() else { throw StageError.never(what) }
            return first
        }
    }
}

enum StageError: Error {
    case notAccepted
    case noTask
    case never(String)
}
