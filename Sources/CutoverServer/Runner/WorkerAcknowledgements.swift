import CutoverModel
internal import Synchronization

/// What this process's workers released, by task: the proof that nobody writes for a task any more when its destination cannot
/// be fenced. Outlives the task's runner, so that a stop ordered long after a pause still finds it.
final class WorkerAcknowledgements: Sendable {
    /// The most tasks remembered. Beyond it a stop waits for the fence, which is always safe.
    static let limit = 100_000

    private let released = Mutex<[String: [ResourceOutcome]]>([:])

    /// A worker is about to be made: until it has been closed, nothing is proved.
    func workerOpens(_ taskID: String) {
        released.withLock { _ = $0.removeValue(forKey: taskID) }
    }

    /// The task's worker was closed, with these outcomes.
    func workerClosed(_ taskID: String, _ outcomes: [ResourceOutcome]) {
        released.withLock { released in
            guard released.count < Self.limit || released[taskID] != nil else { return }
            released[taskID] = outcomes
        }
    }

    /// Nil when no worker of this process has run, or when one is open.
    func outcomes(of taskID: String) -> [ResourceOutcome]? {
        released.withLock { $0[taskID] }
    }

    /// The task has ended.
    func forget(_ taskID: String) {
        workerOpens(taskID)
    }
}
