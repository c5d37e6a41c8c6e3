import CutoverModel
internal import CutoverTasks
internal import Logging

/// The runners of all tasks that have something to do.
actor RunnerPool {
    /// Tasks that a restart reads at a time.
    private static let resumePage = 1_000
    /// How often progress is saved.
    private static let saveIntervalMs: Int64 = 5_000

    let context: RunnerContext
    private var runners: [String: TaskRunner] = [:]
    private var saver: Task<Void, Never>?
    private var policy: Task<Void, Never>?
    private var isClosing = false

    init(context: RunnerContext) {
        self.context = context
    }

    /// Takes up whatever an earlier process left.
    /// - Returns: how many tasks have work.
    func start() async throws -> Int {
        var after: String?
        var resumed = 0
        repeat {
            let page = try await context.ledger.store.live(after: after, limit: Self.resumePage)
            for state in page.states where TaskWork(for: state.record) != .none {
                await poke(state.record.id)
                resumed += 1
            }
            after = page.next
        } while after != nil
        let context = context
        saver = Task {
            while !Task.isCancelled {
                try? await Task.sleep(for: .milliseconds(Self.saveIntervalMs))
                await Self.save(context)
            }
        }
        if context.stopAbnormalAfterMs > 0 { policy = Task { [weak self] in await self?.stopAbnormal() } }
        return resumed
    }

    /// Ends tasks that have been abnormal for too long, until it is cancelled.
    private func stopAbnormal() async {
        let stops = AbnormalStops(
            ledger: context.ledger, logger: context.logger, limitMs: context.stopAbnormalAfterMs)
        while !Task.isCancelled {
            do {
                for taskID in try await stops.look() { await poke(taskID) }
            } catch {
                context.logger.warning("abnormal tasks could not be read", metadata: ["kind": "\(type(of: error))"])
            }
            try? await Task.sleep(for: .milliseconds(stops.intervalMs))
        }
    }

    /// An order changed this task's durable state.
    func poke(_ taskID: String) async {
        guard !isClosing else { return }
        while true {
            let runner = runners[taskID] ?? TaskRunner(taskID: taskID, context: context)
            runners[taskID] = runner
            if await runner.poke(onIdle: { [weak self] in await self?.retire(taskID, runner) }) { return }
            if runners[taskID] === runner { runners.removeValue(forKey: taskID) }
        }
    }

    /// Tasks that have something to do now.
    var runnerCount: Int { runners.count }

    /// Looks again only where something runs: an order ended a task that has nothing left to do.
    func pokeIfRunning(_ taskID: String) async {
        if runners[taskID] != nil { await poke(taskID) }
    }

    /// Stops of these tasks were accepted: those that have something left to do begin, others end what runs.
    func poke(_ records: [TaskRecord]) async {
        for record in records {
            if record.status == .stopping {
                await poke(record.id)
            } else if runners[record.id] != nil {
                await poke(record.id)
            }
        }
    }

    /// Cancels every job without a transition and saves what they counted.
    func shutDown() async {
        isClosing = true
        saver?.cancel()
        policy?.cancel()
        await withTaskGroup(of: Void.self) { group in
            for runner in runners.values { group.addTask { await runner.shutDown() } }
        }
        runners.removeAll()
        await Self.save(context)
    }

    private func retire(_ taskID: String, _ runner: TaskRunner) async {
        await Self.save(context)
        guard await runner.closeIfIdle(), runners[taskID] === runner else { return }
        runners.removeValue(forKey: taskID)
        context.board.remove(taskID)
    }

    private static func save(_ context: RunnerContext) async {
        let changes = context.board.changes()
        guard !changes.isEmpty else { return }
        do {
            try await context.ledger.store.saveProgress(changes)
        } catch {
            context.logger.warning("progress could not be saved", metadata: ["kind": "\(type(of: error))"])
        }
    }
}
