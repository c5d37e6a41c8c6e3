import CutoverModel
internal import CutoverProto
internal import CutoverRPC
internal import CutoverServices
internal import CutoverTasks

/// The calls about tasks: validate, ask the core, write, answer.
struct TaskService: TaskServiceHandler {
    let ledger: TaskLedger
    let pool: RunnerPool
    let vault: PasswordVault
    let view: TaskView
    let watch: WatchService
    let maxRunningTasks: Int

    func createTask(_ request: CreateTaskRequest, context: CallContext) async throws -> MigrationTask {
        try await answering {
            try RequestValidation.text(
                request.name, field: "name", maxBytes: RequestValidation.maxNameBytes, isRequired: true)
            try RequestValidation.labels(request.labels)
            if let spec = request.spec { try RequestValidation.spec(spec) }
            var bare = request
            bare.requestId = ""
            let taskID = TimeOrderedID.make(nowMs: ledger.nowMs())
            let memo = try memo(request.requestId, context, bare, taskID: taskID)
            if let memo, let known = try await replay(memo) { return known }
            let transition = TaskMachine.create(
                id: taskID, name: request.name, labels: request.labels, nowMs: ledger.nowMs())
            let write = TaskWrite(
                record: transition.state.record, expectedRevision: 0, from: .unspecified, actor: actor(context),
                action: transition.action, atMs: ledger.nowMs(), request: memo)
            guard case .applied(let revision, _)? = try await ledger.store.apply([write]).first else {
                // The only other outcome for a fresh id: the same request was faster on another connection.
                if let memo, let known = try await replay(memo) { return known }
                throw TaskStoreError(.failed, "The store did not take a new task.")
            }
            var state = transition.state
            state.record.revision = revision
            state = try await ledger.report(.created, epoch: 0, taskID: taskID) ?? state
            if let spec = request.spec { state = try await configure(taskID, spec, nil, context) }
            return try await view.full(state)
        }
    }

    func configureTask(_ request: ConfigureTaskRequest, context: CallContext) async throws -> MigrationTask {
        try await answering {
            let taskID = try RequestValidation.identifier(request.taskId, field: "task_id")
            guard let spec = request.spec else { throw ServiceErrors.invalid("spec is missing.") }
            try RequestValidation.spec(spec)
            var bare = request
            bare.requestId = ""
            let memo = try memo(request.requestId, context, bare, taskID: taskID)
            if let memo, let known = try await replay(memo) { return known }
            return try await view.full(try await configure(taskID, spec, memo, context))
        }
    }

    func startTask(_ request: StartTaskRequest, context: CallContext) async throws -> MigrationTask {
        var bare = request
        bare.requestId = ""
        return try await order(.start, request.taskId, request.requestId, bare, context)
    }

    func pauseTask(_ request: PauseTaskRequest, context: CallContext) async throws -> MigrationTask {
        var bare = request
        bare.requestId = ""
        return try await order(.pause, request.taskId, request.requestId, bare, context)
    }

    func resumeTask(_ request: ResumeTaskRequest, context: CallContext) async throws -> MigrationTask {
        var bare = request
        bare.requestId = ""
        return try await order(.resume, request.taskId, request.requestId, bare, context)
    }

    func deleteTask(_ request: DeleteTaskRequest, context: CallContext) async throws -> DeleteTaskResponse {
        try await answering {
            let taskID = try RequestValidation.identifier(request.taskId, field: "task_id")
            var bare = request
            bare.requestId = ""
            let memo = try memo(request.requestId, context, bare, taskID: taskID)
            if let memo, let known = try await ledger.store.request(id: memo.id) {
                try check(known, against: memo)
                return DeleteTaskResponse()
            }
            let ledger = ledger
            _ = try await ledger.write(
                taskID, actor: actor(context), attachments: TaskLedger.Attachments(request: memo, deletes: true)
            ) { state in
                try TaskMachine.apply(.delete, to: state, nowMs: ledger.nowMs())
            }
            await pool.poke(taskID)
            return DeleteTaskResponse()
        }
    }

    func getTask(_ request: GetTaskRequest, context: CallContext) async throws -> MigrationTask {
        try await answering {
            let taskID = try RequestValidation.identifier(request.taskId, field: "task_id")
            guard let state = try await ledger.store.state(of: taskID) else { throw ServiceErrors.unknownTask }
            return try await view.full(state)
        }
    }

    func listTasks(_ request: ListTasksRequest, context: CallContext) async throws -> ListTasksResponse {
        try await answering {
            guard request.pageSize <= 1_000 else { throw ServiceErrors.invalid("page_size must be 1 to 1000.") }
            try RequestValidation.text(request.nameGlob, field: "name_glob", maxBytes: 200, isRequired: false)
            try RequestValidation.labels(request.labels)
            let page = try await ledger.store.list(
                TaskQuery(
                    statuses: Set(request.statuses), nameGlob: request.nameGlob, labels: request.labels,
                    after: request.pageToken.isEmpty ? nil : request.pageToken,
                    limit: request.pageSize == 0 ? 100 : Int(request.pageSize)))
            return ListTasksResponse(
                tasks: page.states.map(view.brief), nextPageToken: page.next ?? "", revision: page.revision)
        }
    }

    func listActions(_ request: ListActionsRequest, context: CallContext) async throws -> ListActionsResponse {
        try await answering {
            let taskID = try RequestValidation.identifier(request.taskId, field: "task_id")
            guard let state = try await ledger.store.state(of: taskID) else { throw ServiceErrors.unknownTask }
            return ListActionsResponse(
                status: state.record.status, actions: Legality.availability(for: state))
        }
    }

    func watchTasks(
        _ request: WatchTasksRequest, context: CallContext, writer: ItemWriter<WatchEvent>
    ) async throws {
        try await answering { try await watch.run(request, writer: writer) }
    }

    // MARK: - Orders

    private func configure(
        _ taskID: String, _ spec: TaskSpec, _ memo: RequestMemo?, _ context: CallContext
    ) async throws -> TaskState {
        var sealed = spec
        if let source = spec.source { sealed.source = try vault.seal(source, taskID: taskID, role: "source") }
        if let destination = spec.destination {
            sealed.destination = try vault.seal(destination, taskID: taskID, role: "destination")
        }
        if sealed.kind == .unspecified { sealed.kind = .fullAndIncremental }
        let kind = sealed.kind
        let ledger = ledger
        let result = try await ledger.write(
            taskID, actor: actor(context), attachments: TaskLedger.Attachments(spec: sealed, request: memo)
        ) { state in
            try TaskMachine.apply(
                .configure(kind: kind, startAtMs: spec.startAtMs), to: state, nowMs: ledger.nowMs())
        }
        return try await settle(result, taskID, memo)
    }

    private func order(
        _ order: TaskOrder, _ id: String, _ requestID: String, _ bare: some ProtoMessage, _ context: CallContext
    ) async throws -> MigrationTask {
        try await answering {
            let taskID = try RequestValidation.identifier(id, field: "task_id")
            let memo = try memo(requestID, context, bare, taskID: taskID)
            if let memo, let known = try await replay(memo) { return known }
            if order == .start || order == .resume, view.board.workers >= maxRunningTasks {
                throw RPCError(
                    .resourceExhausted,
                    "\(maxRunningTasks) tasks are running already. Stop or pause one, or raise max_running_tasks.",
                    reason: "TOO_MANY_RUNNING")
            }
            let ledger = ledger
            let result = try await ledger.write(
                taskID, actor: actor(context), attachments: TaskLedger.Attachments(request: memo)
            ) { state in
                try TaskMachine.apply(order, to: state, nowMs: ledger.nowMs())
            }
            return try await view.full(try await settle(result, taskID, memo))
        }
    }

    /// Wakes the runner, or finds the outcome of the same request sent before.
    private func settle(_ result: TaskLedger.Result, _ taskID: String, _ memo: RequestMemo?) async throws -> TaskState {
        switch result {
        case .written(let state, _):
            await pool.poke(taskID)
            return state
        case .replayed(let known):
            if let memo { try check(known, against: memo) }
            guard let state = try await ledger.store.state(of: known.taskID) else { throw ServiceErrors.unknownTask }
            return state
        }
    }

    // MARK: - Requests sent again

    private func memo(
        _ requestID: String, _ context: CallContext, _ bare: some ProtoMessage, taskID: String
    ) throws -> RequestMemo? {
        guard !requestID.isEmpty else { return nil }
        return RequestMemo(
            id: try RequestValidation.identifier(requestID, field: "request_id"),
            fingerprint: RequestValidation.fingerprint(context.method.name, bare), taskID: taskID)
    }

    private func replay(_ memo: RequestMemo) async throws -> MigrationTask? {
        guard let known = try await ledger.store.request(id: memo.id) else { return nil }
        try check(known, against: memo)
        guard let state = try await ledger.store.state(of: known.taskID) else { throw ServiceErrors.unknownTask }
        return try await view.full(state)
    }

    private func check(_ known: RequestMemo, against memo: RequestMemo) throws {
        guard known.fingerprint == memo.fingerprint else { throw ServiceErrors.requestIDReused }
    }
}

extension ServiceErrors {
    static let requestIDReused = RPCError(
        .invalidArgument, "This request_id was used for a different request. Use a new one.",
        reason: "REQUEST_ID_REUSED")
}

/// Who called, for the log.
func actor(_ context: CallContext) -> String {
    context.identity ?? "anonymous@\(context.remoteAddress)"
}

/// Runs a handler and turns whatever it throws into an answer.
func answering<Result>(_ body: () async throws -> Result) async throws -> Result {
    do { return try await body() } catch { throw ServiceErrors.rpcError(error) }
}
