import CutoverClient
import Synchronization

/// Stops tasks while many watch them: measures how long it takes from a stop call to each watcher that is told of it.
final class WatchWorkload: Workload {
    let operation = "watch"
    private let tasks: FreshTasks
    private let watchers: Int
    private let labels: [TaskLabel]
    private let state = Mutex(State())

    private struct State {
        var ledger = DeliveryLedger()
        var target: (recorder: Recorder, operation: Int)?
        var watching: [Task<Void, Never>] = []
        var ready = 0
        var failure: CutoverError?
    }

    /// How long watchers may take to be told of the last stop, and to connect, in seconds.
    static let patience: Duration = .seconds(10)
    /// What is measured beside the calls.
    static let deliveries = "delivery"

    /// - Parameter labels: What the tasks have that are watched.
    init(tasks: FreshTasks, watchers: Int, labels: [TaskLabel]) {
        self.tasks = tasks
        self.watchers = watchers
        self.labels = labels
    }

    func call(_ call: LoadCall) async throws(CutoverError) -> CallResult {
        guard let id = tasks.take(1)?.first else { return .usedUp }
        state.withLock { $0.ledger.begin(id, intendedNs: call.intendedNs) }
        let answer = try await call.client.stopTask(id, reason: StopWorkload.reason)
        guard answer.result == .accepted || answer.result == .stopped else {
            return .refused(CallFailure(status: "not stopped", reason: answer.result.name))
        }
        state.withLock { $0.ledger.expect(watchers) }
        return .done(items: 1)
    }

    func attach(_ recorder: Recorder, operation: Int) {
        state.withLock { $0.target = (recorder, operation) }
    }

    func begin(_ clients: [CutoverClient]) async throws {
        guard let first = clients.first else { return }
        let revision = try await first.listTasks(ListTasksRequest(pageSize: 1)).revision
        for watcher in 0..<watchers {
            let client = clients[watcher % clients.count]
            let watching = Task { await self.watch(watcher, client, afterRevision: revision) }
            state.withLock { $0.watching.append(watching) }
        }
        // A watcher that was told of this task is there.
        _ = try await first.createTask(named: PreparedTasks.markerName, labels: labels)
        let isReady = await Self.waited { self.state.withLock { $0.ready >= self.watchers || $0.failure != nil } }
        if let failure = state.withLock({ $0.failure }) { throw failure }
        guard isReady else {
            throw CutoverError(.deadlineExceeded, "not all watchers were told of a new task in time")
        }
    }

    func end() async {
        _ = await Self.waited { self.state.withLock { $0.ledger.missing == 0 } }
        let watching = state.withLock { state in
            defer { state.watching = [] }
            return state.watching
        }
        for task in watching { task.cancel() }
        for task in watching { await task.value }
        recordMissing()
    }

    private func watch(_ watcher: Int, _ client: CutoverClient, afterRevision revision: UInt64) async {
        var isReady = false
        do {
            let request = WatchTasksRequest(afterRevision: revision, labels: labels)
            for try await event in client.watchTasks(request) {
                guard let change = event.event else { continue }
                let nowNs = MonotonicClock.nowNs
                if !isReady {
                    // The first change is the task that was created for this.
                    isReady = true
                    state.withLock { $0.ready += 1 }
                } else {
                    take(change, watcher, nowNs)
                }
            }
        } catch {
            state.withLock { state in
                if state.failure == nil { state.failure = CutoverError(.unavailable, error.message) }
            }
        }
    }

    private func take(_ change: TaskEvent, _ watcher: Int, _ nowNs: UInt64) {
        let (intendedNs, target) = state.withLock { ($0.ledger.take(change), $0.target) }
        guard let intendedNs, let target else { return }
        let times = CallTimes(intendedNs: intendedNs, startedNs: intendedNs, endedNs: nowNs)
        target.recorder.record(
            lane: watcher, operation: target.operation, times, .success(1), measuresStart: false)
    }

    private func recordMissing() {
        let (missing, target) = state.withLock { ($0.ledger.missing, $0.target) }
        guard let target else { return }
        let nowNs = max(MonotonicClock.nowNs, target.recorder.window.startNs)
        let times = CallTimes(intendedNs: nowNs, startedNs: nowNs, endedNs: nowNs)
        for _ in 0..<missing {
            target.recorder.record(
                lane: 0, operation: target.operation, times, .failure(.notDelivered), measuresStart: false)
        }
    }

    /// Waits until something holds; false when it does not in time.
    private static func waited(until holds: () -> Bool) async -> Bool {
        let deadline = ContinuousClock.now + patience
        while !holds() {
            guard ContinuousClock.now < deadline, !Task.isCancelled else { return false }
            try? await Task.sleep(for: .milliseconds(5))
        }
        return true
    }
}
