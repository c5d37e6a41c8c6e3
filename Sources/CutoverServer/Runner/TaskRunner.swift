import CutoverModel
internal import CutoverTasks
internal import Logging

/// Does one task's work: one job at a time, chosen by the durable state alone.
///
/// `poke` after every order: the present job is cancelled and awaited, the state is read again, and what it asks for is begun.
actor TaskRunner {
    /// The wait before work is taken up again after the store failed.
    private static let storeRetryMs: Int64 = 1_000
    /// How long to sleep at most before the clock is read again: it may be set while a task waits for its start.
    private static let startPollMs: Int64 = 30_000

    let taskID: String
    private let context: RunnerContext
    private let logger: Logger
    private var job: Task<Void, Never>?
    private var loop: Task<Void, Never>?
    private var isPoked = false
    private var isClosing = false

    init(taskID: String, context: RunnerContext) {
        self.taskID = taskID
        self.context = context
        var logger = context.logger
        logger[metadataKey: "task"] = "\(taskID)"
        self.logger = logger
    }

    /// The durable state changed by an order: look again.
    /// - Parameter onIdle: called when there is nothing left to do.
    /// - Returns: false when this runner has been closed, so that another one must be made.
    func poke(onIdle: @escaping @Sendable () async -> Void) -> Bool {
        guard !isClosing else { return false }
        isPoked = true
        job?.cancel()
        guard loop == nil else { return true }
        loop = Task { [weak self] in
            await self?.run()
            await onIdle()
        }
        return true
    }

    /// Ends the present job without any transition: the next start takes up what is left.
    func shutDown() async {
        isClosing = true
        job?.cancel()
        await loop?.value
    }

    /// Closes this runner for good if it has nothing to do.
    func closeIfIdle() -> Bool {
        guard loop == nil else { return false }
        isClosing = true
        return true
    }

    private func run() async {
        while isPoked, !isClosing {
            isPoked = false
            await workUntilDoneOrPoked()
        }
        loop = nil
        context.board.detach(taskID)
    }

    private func workUntilDoneOrPoked() async {
        while !isPoked, !isClosing {
            let state: TaskState
            do {
                guard let current = try await context.ledger.store.state(of: taskID) else { return }
                state = current
            } catch {
                logger.error("the store cannot be read", metadata: ["kind": "\(type(of: error))"])
                try? await Task.sleep(for: .milliseconds(Self.storeRetryMs))
                continue
            }
            let work = TaskWork(for: state.record)
            if work == .none { return }
            guard !isPoked, !isClosing else { return }
            let job = Task { await self.perform(work, state) }
            self.job = job
            await job.value
            self.job = nil
        }
    }

    private func perform(_ work: TaskWork, _ state: TaskState) async {
        do {
            switch work {
            case .none: return
            case .create:
                _ = try await context.ledger.report(.created, epoch: state.record.epoch, taskID: taskID)
            case .preCheck:
                let job = PreCheckJob(context: context, logger: logger)
                try await context.graceful.run { try await job.run(state.record) }
            case .waitForStart(let atMs):
                let ledger = context.ledger
                while case let left = atMs - ledger.nowMs(), left > 0 {
                    try await Task.sleep(for: .milliseconds(min(left, Self.startPollMs)))
                }
                _ = try await ledger.write(taskID, actor: "cutover") { state in
                    try TaskMachine.apply(.start, to: state, nowMs: ledger.nowMs())
                }
            case .replicate:
                try await ReplicateJob(context: context, logger: logger).run(state)
            case .stop:
                guard let stop = state.stop else { return }
                // Forced stops have slots of their own: no queue of long drains may hold them up.
                let slots = stop.modeTaken == .forced ? context.forced : context.graceful
                try await StopJob(context: context, logger: logger, slots: slots).run(stop)
            }
        } catch {
            guard !Task.isCancelled else { return }
            logger.warning("the task's work was interrupted", metadata: ["kind": "\(type(of: error))"])
            try? await Task.sleep(for: .milliseconds(Self.storeRetryMs))
        }
    }
}
