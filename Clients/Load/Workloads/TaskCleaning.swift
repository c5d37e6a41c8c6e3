import CutoverClient
import Synchronization

/// Takes prepared tasks away: stops those that run, then deletes all.
///
/// The receipts of their stops stay in the audit log, which forgets nothing.
struct TaskCleaning: Sendable {
    var client: CutoverClient
    /// Only the tasks of this run; nil takes those of every run.
    var run: String?

    struct Outcome: Sendable, Hashable {
        var deleted = 0
        var left = 0
        /// Why the first of those that are left is.
        var problem: CutoverError?
    }

    /// How long a task may take to stop.
    static let patience: Duration = .seconds(60)
    static let pageSize: UInt32 = 1_000

    private var labels: [TaskLabel] {
        [PreparedTasks.label] + (run.map { [TaskLabel(key: PreparedTasks.runKey, value: $0)] } ?? [])
    }

    /// Takes the tasks away, page by page. What cannot be is counted, and does not keep the others.
    func clean(told progress: @escaping @Sendable (Int) -> Void = { _ in }) async throws(CutoverError) -> Outcome {
        let outcome = Mutex(Outcome())
        var token = ""
        repeat {
            let request = ListTasksRequest(labels: labels, pageSize: Self.pageSize, pageToken: token)
            let page = try await client.listTasks(request)
            let tasks = page.tasks
            do {
                try await PreparedTasks.concurrently(tasks.count, limit: PreparedTasks.makers) { number in
                    let problem = await remove(tasks[number])
                    let deleted = outcome.withLock { outcome in
                        if problem == nil { outcome.deleted += 1 } else { outcome.left += 1 }
                        if outcome.problem == nil { outcome.problem = problem }
                        return outcome.deleted
                    }
                    progress(deleted)
                }
            } catch {
                throw CutoverError(.cancelled, "the clean-up was interrupted")
            }
            token = page.nextPageToken
        } while !token.isEmpty
        return outcome.withLock { $0 }
    }

    private func remove(_ task: MigrationTask) async -> CutoverError? {
        do throws(CutoverError) {
            if !Self.deletable.contains(task.status) { try await stop(task.id) }
            try await client.deleteTask(task.id)
            return nil
        } catch {
            return error.code == .notFound ? nil : error
        }
    }

    /// Statuses in which a task can be deleted as it is, unless its pre-check is running.
    private static let deletable: Set<TaskStatus> = [
        .createFailed, .configuration, .pendingStart, .stopped, .completed,
    ]

    private func stop(_ id: String) async throws(CutoverError) {
        let deadline = ContinuousClock.now + Self.patience
        do throws(CutoverError) {
            _ = try await client.stopTask(id, reason: StopWorkload.reason)
        } catch  where error.code == .rejected {
            // It is being stopped, or was; its status says so below.
        }
        while ContinuousClock.now < deadline, !Task.isCancelled {
            let status = try await client.getTask(id).status
            if Self.deletable.contains(status) { return }
            try? await Task.sleep(for: .milliseconds(50))
        }
        throw CutoverError(.deadlineExceeded, "task \(id) did not stop in time")
    }
}
