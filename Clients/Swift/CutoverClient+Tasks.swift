public import CutoverModel
import CutoverServices

extension CutoverClient {
    /// Creates a task, and configures it at once when the request has a specification.
    ///
    /// - Throws: `invalidArgument` for a name or specification that cannot be, `alreadyExists` or `invalidArgument` when
    ///   the request id was used with another content.
    public func createTask(
        _ request: CreateTaskRequest, timeoutMs: UInt32? = nil
    ) async throws(CutoverError) -> MigrationTask {
        var request = request
        request.requestId = RequestID.orNew(request.requestId)
        let final = request
        return try await call(timeoutMs) { options in try await self.tasks.createTask(final, options: options) }
    }

    /// Creates a task with a name, labels and perhaps a specification.
    public func createTask(
        named name: String, labels: [TaskLabel] = [], spec: TaskSpec? = nil, requestID: String? = nil,
        timeoutMs: UInt32? = nil
    ) async throws(CutoverError) -> MigrationTask {
        try await createTask(
            CreateTaskRequest(name: name, labels: labels, spec: spec, requestId: requestID ?? ""), timeoutMs: timeoutMs)
    }

    /// Gives a task its specification and begins the pre-check, whose findings the task shows when it has ended.
    ///
    /// - Throws: `rejected` when the task's status does not allow it.
    public func configureTask(
        _ taskID: String, spec: TaskSpec, requestID: String? = nil, timeoutMs: UInt32? = nil
    ) async throws(CutoverError) -> MigrationTask {
        let request = ConfigureTaskRequest(taskId: taskID, spec: spec, requestId: RequestID.orNew(requestID))
        return try await call(timeoutMs) { options in try await self.tasks.configureTask(request, options: options) }
    }

    /// Starts a configured task.
    ///
    /// - Throws: `rejected` when the task's status does not allow it.
    public func startTask(
        _ taskID: String, requestID: String? = nil, timeoutMs: UInt32? = nil
    ) async throws(CutoverError) -> MigrationTask {
        let request = StartTaskRequest(taskId: taskID, requestId: RequestID.orNew(requestID))
        return try await call(timeoutMs) { options in try await self.tasks.startTask(request, options: options) }
    }

    /// Holds a running task; it keeps its position.
    ///
    /// - Throws: `rejected` when the task's status does not allow it.
    public func pauseTask(
        _ taskID: String, requestID: String? = nil, timeoutMs: UInt32? = nil
    ) async throws(CutoverError) -> MigrationTask {
        let request = PauseTaskRequest(taskId: taskID, requestId: RequestID.orNew(requestID))
        return try await call(timeoutMs) { options in try await self.tasks.pauseTask(request, options: options) }
    }

    /// Lets a paused or failed task go on from its position.
    ///
    /// - Throws: `rejected` when the task's status does not allow it; a stopped task never goes on.
    public func resumeTask(
        _ taskID: String, requestID: String? = nil, timeoutMs: UInt32? = nil
    ) async throws(CutoverError) -> MigrationTask {
        let request = ResumeTaskRequest(taskId: taskID, requestId: RequestID.orNew(requestID))
        return try await call(timeoutMs) { options in try await self.tasks.resumeTask(request, options: options) }
    }

    /// Removes a task. Its events and receipts stay.
    ///
    /// - Throws: `rejected` when the task must be stopped first.
    public func deleteTask(
        _ taskID: String, requestID: String? = nil, timeoutMs: UInt32? = nil
    ) async throws(CutoverError) {
        let request = DeleteTaskRequest(taskId: taskID, requestId: RequestID.orNew(requestID))
        _ = try await call(timeoutMs) { options in try await self.tasks.deleteTask(request, options: options) }
    }

    /// A task as it is now, with its specification (without passwords), pre-check and progress.
    ///
    /// - Throws: `notFound`.
    public func getTask(_ taskID: String, timeoutMs: UInt32? = nil) async throws(CutoverError) -> MigrationTask {
        try await call(timeoutMs) { options in
            try await self.tasks.getTask(GetTaskRequest(taskId: taskID), options: options)
        }
    }

    /// One page of the tasks that match. Ask for the next with the page token of the reply, until that is empty.
    public func listTasks(
        _ request: ListTasksRequest = .init(), timeoutMs: UInt32? = nil
    ) async throws(CutoverError) -> ListTasksResponse {
        try await call(timeoutMs) { options in try await self.tasks.listTasks(request, options: options) }
    }

    /// What may be done to a task now, and why not the rest.
    ///
    /// - Throws: `notFound`.
    public func listActions(
        _ taskID: String, timeoutMs: UInt32? = nil
    ) async throws(CutoverError) -> ListActionsResponse {
        try await call(timeoutMs) { options in
            try await self.tasks.listActions(ListActionsRequest(taskId: taskID), options: options)
        }
    }

    /// The changes of the tasks that fit every condition of the request, as they happen.
    ///
    /// With `afterRevision` 0 each task comes first as it stands, then `presentEnd`, then the changes. Lost connections are
    /// made anew, and nothing is missed or told twice. When the changes in between are no longer kept, a `relist` is
    /// delivered: forget what you hold, each task follows as it stands.
    public func watchTasks(_ request: WatchTasksRequest) -> TaskWatch {
        TaskWatch(client: self, request: request)
    }

    /// The changes of tasks, as they happen.
    ///
    /// - Parameters:
    ///   - taskIDs: Only these; none means all.
    ///   - afterRevision: Changes after this revision; 0 means first the present state, then changes.
    ///   - progressIntervalMs: Also progress at most this often, 100 to 60000; 0 means never.
    public func watchTasks(
        _ taskIDs: [String] = [], afterRevision: UInt64 = 0, progressIntervalMs: UInt32 = 0
    ) -> TaskWatch {
        watchTasks(
            WatchTasksRequest(
                taskIds: taskIDs, afterRevision: afterRevision, progressIntervalMs: progressIntervalMs))
    }
}
