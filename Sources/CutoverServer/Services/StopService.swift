import CutoverModel
internal import CutoverProto
internal import CutoverRPC
internal import CutoverServices
internal import CutoverTasks

/// The calls about stops of one task. An answer of *accepted* means durable: from then on the server owns the stop.
struct StopService: StopServiceHandler {
    let ledger: TaskLedger
    let pool: RunnerPool
    let planner: StopPlanner
    let view: TaskView
    let residue: ResidueJobs

    func stopTask(_ request: StopTaskRequest, context: CallContext) async throws -> StopTaskResponse {
        try await answering {
            let taskID = try RequestValidation.identifier(request.taskId, field: "task_id")
            let terms = StopTerms(request)
            try terms.validate()
            try terms.requirePermission(context)
            guard request.planHash.isEmpty || request.planHash.count == 32 else {
                throw ServiceErrors.invalid("plan_hash must be the 32 bytes that PlanStop gave.")
            }
            let stopID = TimeOrderedID.make(nowMs: ledger.nowMs())
            var bare = request
            bare.requestId = ""
            let memo = try memo(request.requestId, bare, context, taskID: taskID, stopID: stopID)
            let order = terms.order(
                stopID: stopID, requestID: request.requestId, actor: actor(context),
                defaultDeadlineMs: planner.context.drainDeadlineMs,
                hints: StopHints(view.board.progress(of: taskID), nowMs: ledger.nowMs()),
                mayForce: context.permissions.allow(.force))
            do {
                return try await stop(taskID, order, terms, memo, planHash: request.planHash)
            } catch {
                // What the same request was answered before stands, whatever is wrong with it now.
                if let known = try await replay(memo) { return known }
                throw error
            }
        }
    }

    func planStop(_ request: PlanStopRequest, context: CallContext) async throws -> StopPlan {
        try await answering {
            let taskID = try RequestValidation.identifier(request.taskId, field: "task_id")
            let terms = StopTerms(request)
            try terms.validate(needsReason: false)
            return try await planner.plan(taskID, terms).plan
        }
    }

    func getStop(_ request: GetStopRequest, context: CallContext) async throws -> StopTaskResponse {
        try await answering {
            let stop = try await find(stopID: request.stopId, taskID: request.taskId)
            return try await present(stop)
        }
    }

    func cancelStop(_ request: CancelStopRequest, context: CallContext) async throws -> StopTaskResponse {
        try await answering {
            let (memo, known) = try await begin(
                stopID: request.stopId, taskID: request.taskId, reason: request.reason, requestID: request.requestId,
                context
            ) {
                var bare = request
                bare.requestId = ""
                return bare
            }
            if let known { return known }
            let stop = try await find(stopID: request.stopId, taskID: request.taskId)
            if stop.phase == .withdrawn { return try await present(stop) }
            let ledger = ledger
            let actor = actor(context)
            let counters = view.board.progress(of: stop.taskId).map(StopCounters.init)
            do {
                let result = try await ledger.write(
                    stop.taskId, actor: actor, attachments: TaskLedger.Attachments(request: memo?.naming(stop))
                ) { state in
                    switch try StopMachine.cancel(
                        state, stopID: stop.id, actor: actor, reason: request.reason, counters: counters,
                        nowMs: ledger.nowMs())
                    {
                    case .withdrawn(let transition): return transition
                    case .alreadyWithdrawn: throw NothingToWrite(state: state)
                    }
                }
                if case .written(let state, _) = result, state.record.status != .faultRectification {
                    await pool.poke(stop.taskId)
                }
                return try await settle(result, memo)
            } catch let nothing as NothingToWrite {
                if let known = try await acknowledge(nothing.state, memo?.naming(stop), actor: actor) { return known }
                return try await present(nothing.state.stop ?? stop)
            }
        }
    }

    func finishResidue(_ request: FinishResidueRequest, context: CallContext) async throws -> StopTaskResponse {
        try await answering {
            let (memo, known) = try await begin(
                stopID: request.stopId, taskID: request.taskId, reason: request.reason, requestID: request.requestId,
                context
            ) {
                var bare = request
                bare.requestId = ""
                return bare
            }
            if let known { return known }
            let stop = try await find(stopID: request.stopId, taskID: request.taskId)
            let result = try await residue.finish(
                ResidueJobs.Order(
                    taskID: stop.taskId, stopID: stop.id, actor: actor(context), reason: request.reason,
                    memo: memo?.naming(stop)))
            return try await settle(result, memo)
        }
    }

    // MARK: - Orders

    /// Looks at the task and carries the order out. That the request was carried out before is found at the writing, so that a
    /// stop asks the store for one thing before it writes.
    private func stop(
        _ taskID: String, _ order: StopOrder, _ terms: StopTerms, _ memo: RequestMemo?, planHash: [UInt8]
    ) async throws -> StopTaskResponse {
        guard !planHash.isEmpty else {
            guard let state = try await ledger.store.state(of: taskID) else { throw ServiceErrors.unknownTask }
            try await planner.preflight(state, order)
            return try await carryOut(order, terms, taskID, memo, known: state)
        }
        if let known = try await replay(memo) { return known }
        let now = try await planner.plan(taskID, terms)
        guard now.plan.planHash == planHash else { throw ServiceErrors.planChanged }
        if let refusal = now.plan.refusal {
            throw RPCError(.failedPrecondition, refusal.message, reason: refusal.reason)
        }
        return try await carryOut(order, terms, taskID, memo, planned: now)
    }

    private func carryOut(
        _ order: StopOrder, _ terms: StopTerms, _ taskID: String, _ memo: RequestMemo?, known: TaskState? = nil,
        planned: StopPlanner.Result? = nil
    ) async throws -> StopTaskResponse {
        let ledger = ledger
        let result: TaskLedger.Result
        do {
            result = try await ledger.write(
                taskID, actor: order.actor, attachments: TaskLedger.Attachments(request: memo), known: known
            ) { state in
                if let planned, PlanBasis(state) != planned.basis { throw ServiceErrors.planChanged }
                let order = terms.settled(order, for: state)
                switch try StopMachine.decide(order, for: state, nowMs: ledger.nowMs()) {
                case .accepted(let transition):
                    if let planned, transition.state.stop?.modeTaken != planned.plan.modeTaken {
                        throw ServiceErrors.planChanged
                    }
                    return transition
                case .inProgress, .alreadyEnded: throw NothingToWrite(state: state)
                }
            }
        } catch let refusal as Refusal where refusal.reason == .roleMissing {
            var error = ServiceErrors.rpcError(refusal)
            error.details.append(ErrorDetail(key: "method", value: StopServiceMethods.stopTask.name))
            throw error
        } catch let nothing as NothingToWrite {
            if let known = try await replay(memo) { return known }
            if let known = try await acknowledge(nothing.state, memo, actor: order.actor) { return known }
            return try await standing(nothing.state)
        }
        guard case .written(let state, let receipt) = result else { return try await settle(result, memo) }
        // A repair that is under way is not disturbed by a stop that waits for it.
        if state.record.status != .faultRectification { await pool.poke([state.record]) }
        return StopTaskResponse(
            result: receipt == nil ? .accepted : .stopped, stop: state.stop, receipt: receipt,
            status: state.record.status)
    }

    /// Remembers a request that changed nothing with the stop it was told of: that stop may be withdrawn later, or be another one,
    /// and the request sent again must neither make nor withdraw a stop then.
    /// - Returns: the answer when the same request was there before after all; nil when its own answer stands.
    private func acknowledge(
        _ state: TaskState, _ memo: RequestMemo?, actor: String
    ) async throws -> StopTaskResponse? {
        guard var memo, let told = state.stop, !state.record.status.isFinal else { return nil }
        memo.wasToldOnly = true
        do {
            let result = try await ledger.write(
                state.record.id, actor: actor, attachments: TaskLedger.Attachments(request: memo)
            ) { now in
                guard now.stop?.id == told.id else { throw NothingToWrite(state: now) }
                return StopMachine.acknowledge(now)
            }
            if case .replayed = result { return try await settle(result, memo) }
            return nil
        } catch is NothingToWrite {
            return nil
        }
    }

    // MARK: - Answers

    /// The answer for a task whose stop is in progress or over.
    private func standing(_ state: TaskState) async throws -> StopTaskResponse {
        guard let stop = state.stop else { throw ServiceErrors.unknownStop }
        var response = try await present(stop)
        if response.result == .stopped { response.result = .alreadyStopped }
        return response
    }

    private func settle(_ result: TaskLedger.Result, _ memo: RequestMemo?) async throws -> StopTaskResponse {
        switch result {
        case .replayed(let known):
            guard known.fingerprint == memo?.fingerprint else { throw ServiceErrors.requestIDReused }
            return try await outcome(known)
        case .written(let state, _):
            guard let stop = state.stop else { throw ServiceErrors.unknownStop }
            return try await present(stop)
        }
    }

    /// The answer to a request that was carried out before.
    private func replay(_ memo: RequestMemo?) async throws -> StopTaskResponse? {
        guard let memo, let known = try await ledger.store.request(id: memo.id) else { return nil }
        guard known.fingerprint == memo.fingerprint else { throw ServiceErrors.requestIDReused }
        return try await outcome(known)
    }

    private func outcome(_ known: RequestMemo) async throws -> StopTaskResponse {
        guard let stop = try await ledger.store.stop(id: known.stopID) else { throw ServiceErrors.unknownTask }
        var response = try await present(stop)
        // What the request was told at first.
        if response.result == .inProgress, !known.wasToldOnly { response.result = .accepted }
        return response
    }

    /// A stop as it stands, told by its phase, so that the stop of a deleted task still answers.
    private func present(_ stop: Stop) async throws -> StopTaskResponse {
        let receipts = try await ledger.store.receipts(stopID: stop.id)
        var response = StopTaskResponse(
            stop: view.live(stop), receipt: receipts.first, addenda: Array(receipts.dropFirst()))
        switch stop.phase {
        case .stopped:
            response.result = .stopped
            response.status = receipts.first?.finalStatus ?? (stop.completes ? .completed : .stopped)
        case .failed:
            response.result = .failed
            response.status = .stopFailed
        case .withdrawn, .waiting:
            response.result = stop.phase == .withdrawn ? .withdrawn : .inProgress
            let record = try await ledger.store.state(of: stop.taskId)?.record
            response.status = record?.status ?? receipts.first?.finalStatus ?? .unspecified
        default:
            response.result = .inProgress
            response.status = .stopping
        }
        return response
    }

    // MARK: - Requests

    /// The stop that is meant, by its own id or as its task's present one.
    private func find(stopID: String, taskID: String) async throws -> Stop {
        let id: String
        if !stopID.isEmpty {
            id = try RequestValidation.identifier(stopID, field: "stop_id")
        } else {
            let taskID = try RequestValidation.identifier(taskID, field: "task_id")
            guard let state = try await ledger.store.state(of: taskID) else { throw ServiceErrors.unknownTask }
            guard !state.record.stopId.isEmpty else {
                throw RPCError(.notFound, "No stop of this task was accepted.", reason: "NO_STOP")
            }
            id = state.record.stopId
        }
        guard let stop = try await ledger.store.stop(id: id) else { throw ServiceErrors.unknownStop }
        return stop
    }

    /// Checks what calls about a stop have in common, and finds the outcome of the same request sent before.
    private func begin(
        stopID: String, taskID: String, reason: String, requestID: String, _ context: CallContext,
        bare: () -> some ProtoMessage
    ) async throws -> (memo: RequestMemo?, known: StopTaskResponse?) {
        guard stopID.isEmpty != taskID.isEmpty else {
            throw ServiceErrors.invalid("Give one of stop_id and task_id.")
        }
        try RequestValidation.text(
            reason, field: "reason", maxBytes: RequestValidation.maxReasonBytes, isRequired: false)
        let memo = try memo(requestID, bare(), context, taskID: taskID, stopID: stopID)
        return (memo, try await replay(memo))
    }

    private func memo(
        _ requestID: String, _ bare: some ProtoMessage, _ context: CallContext, taskID: String, stopID: String
    ) throws -> RequestMemo? {
        guard !requestID.isEmpty else { return nil }
        return RequestMemo(
            id: try RequestValidation.identifier(requestID, field: "request_id"),
            fingerprint: RequestValidation.fingerprint(context.method.name, bare), taskID: taskID, stopID: stopID)
    }
}

extension RequestMemo {
    /// The same request, about this stop.
    fileprivate func naming(_ stop: Stop) -> RequestMemo {
        RequestMemo(id: id, fingerprint: fingerprint, taskID: stop.taskId, stopID: stop.id)
    }
}

/// Ends a ledger write that has nothing to write.
struct NothingToWrite: Error {
    var state: TaskState
}
