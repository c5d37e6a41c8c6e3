import CutoverModel
internal import CutoverTasks
internal import Foundation

/// Writes transitions: reads the state, asks the core, writes with compare-and-set, and tries again when somebody was first.
struct TaskLedger: Sendable {
    /// The most times a lost compare-and-set is tried again.
    static let maxRetries = 100

    let store: any TaskStore
    /// Milliseconds since 1970; for records only, never for decisions about safety.
    let nowMs: @Sendable () -> Int64
    let policy: RepairPolicy

    init(
        store: any TaskStore, policy: RepairPolicy = RepairPolicy(),
        nowMs: @escaping @Sendable () -> Int64 = { Int64(Date().timeIntervalSince1970 * 1000) }
    ) {
        self.store = store
        self.policy = policy
        self.nowMs = nowMs
    }

    /// What an order led to.
    enum Result: Sendable {
        case written(TaskState, receipt: Receipt?)
        /// The request id was used before.
        case replayed(RequestMemo)
    }

    /// Extras that are written in the same commit as a transition.
    struct Attachments: Sendable {
        var spec: TaskSpec?
        var preCheck: PreCheckReport?
        var request: RequestMemo?
        var deletes = false
    }

    /// Writes what `decide` makes of the task's state.
    /// - Parameter known: the state as it was just read, to begin with; should it be outdated, the write says so.
    /// - Throws: ``LedgerError``, `TaskStoreError`, and what `decide` throws.
    func write(
        _ taskID: String, actor: String, attachments: Attachments = Attachments(), known: TaskState? = nil,
        decide: @Sendable (TaskState) throws -> TaskTransition
    ) async throws -> Result {
        guard var state = if let known { known } else { try await store.state(of: taskID) } else {
            throw LedgerError.unknownTask
        }
        for _ in 0..<Self.maxRetries {
            let transition = try decide(state)
            let outcome = try await store.apply([
                makeWrite(transition, before: state, actor: actor, attachments: attachments)
            ])
            switch outcome.first {
            case .applied(let revision, let receipt)?:
                var written = transition.state
                written.record.revision = revision
                return .written(written, receipt: receipt)
            case .lost(let current)?:
                guard let current else { throw LedgerError.unknownTask }
                state = current
            case .requestKnown(let memo)?: return .replayed(memo)
            case nil: throw TaskStoreError(.failed, "The store gave no answer to a write.")
            }
        }
        throw LedgerError.contended
    }

    /// Writes a worker's report; nil when the report was stale.
    func report(_ report: WorkerReport, epoch: UInt64, taskID: String, preCheck: PreCheckReport? = nil) async throws
        -> TaskState?
    {
        try await step(taskID, preCheck: preCheck) { state in
            TaskMachine.apply(report, epoch: epoch, to: state, policy: policy, nowMs: nowMs())
        }
    }

    /// Writes a step of a stop; nil when it was stale.
    func report(_ step: StopStep, stop: Stop) async throws -> TaskState? {
        try await self.step(stop.taskId) { state in
            StopMachine.apply(step, of: stop, to: state, nowMs: nowMs())
        }
    }

    private func step(
        _ taskID: String, preCheck: PreCheckReport? = nil, decide: @Sendable (TaskState) -> TaskTransition?
    ) async throws -> TaskState? {
        do {
            let result = try await write(taskID, actor: "cutover", attachments: Attachments(preCheck: preCheck)) {
                state in
                guard let transition = decide(state) else { throw LedgerError.stale }
                return transition
            }
            guard case .written(let state, _) = result else { return nil }
            return state
        } catch LedgerError.stale, LedgerError.unknownTask {
            return nil
        }
    }

    func makeWrite(
        _ transition: TaskTransition, before: TaskState, actor: String, attachments: Attachments = Attachments()
    ) -> TaskWrite {
        var request = attachments.request
        // A forced or repeated order may have gone to a stop that was there before; the memo names that one.
        if let memo = request, !memo.stopID.isEmpty, let stop = transition.state.stop { request?.stopID = stop.id }
        return TaskWrite(
            record: transition.state.record, expectedRevision: before.record.revision, from: before.record.status,
            actor: actor, action: transition.action, atMs: nowMs(),
            stop: transition.state.stop == before.stop ? nil : transition.state.stop, spec: attachments.spec,
            preCheck: attachments.preCheck, request: request, seals: transition.seals,
            deletes: attachments.deletes)
    }
}

/// Why the ledger wrote nothing.
enum LedgerError: Error {
    case unknownTask
    /// The report came too late to matter.
    case stale
    /// Others were faster too many times.
    case contended
}
