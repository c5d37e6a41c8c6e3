import CutoverModel
internal import CutoverProto
internal import CutoverRPC
internal import CutoverServices
internal import CutoverTasks
internal import Foundation

/// The calls about stops of one task. An answer of *accepted* means durable: from then on the server owns the stop.
struct StopService: StopServiceHandler {
    let ledger: TaskLedger
    let pool: RunnerPool
    let planner: StopPlanner

    func stopTask(_ request: StopTaskRequest, context: CallContext) async throws -> StopTaskResponse {
        try await answering {
            let taskID = try RequestValidation.identifier(request.taskId, field: "task_id")
            try Self.validate(mode: request.mode, reason: request.reason)
            var bare = request
            bare.requestId = ""
            let order = StopOrder(
                stopID: UUID().uuidString.lowercased(), requestID: request.requestId, actor: actor(context),
                reason: request.reason, mode: request.mode, requireAllObjects: request.requireAllObjects,
                drainDeadlineMs: request.drainDeadlineMs)
            var memo: RequestMemo?
            if !request.requestId.isEmpty {
                memo = RequestMemo(
                    id: try RequestValidation.identifier(request.requestId, field: "request_id"),
                    fingerprint: RequestValidation.fingerprint(context.method.name, bare), taskID: taskID,
                    stopID: order.stopID)
            }
            if let memo, let known = try await ledger.store.request(id: memo.id) {
                guard known.fingerprint == memo.fingerprint else { throw ServiceErrors.requestIDReused }
                return try await outcome(known)
            }
            return try await carryOut(order, taskID, memo)
        }
    }

    func planStop(_ request: PlanStopRequest, context: CallContext) async throws -> StopPlan {
        try await answering {
            let taskID = try RequestValidation.identifier(request.taskId, field: "task_id")
            return try await planner.plan(taskID, mode: request.mode)
        }
    }

    func getStop(_ request: GetStopRequest, context: CallContext) async throws -> StopTaskResponse {
        try await answering {
            let stopID: String
            if !request.stopId.isEmpty {
                stopID = try RequestValidation.identifier(request.stopId, field: "stop_id")
            } else {
                let taskID = try RequestValidation.identifier(request.taskId, field: "task_id")
                guard let state = try await ledger.store.state(of: taskID) else { throw ServiceErrors.unknownTask }
                stopID = state.record.stopId
                guard !stopID.isEmpty else {
                    throw RPCError(.notFound, "No stop of this task was accepted.", reason: "NO_STOP")
                }
            }
            guard let stop = try await ledger.store.stop(id: stopID) else {
                throw RPCError(.notFound, "There is no stop with this id.", reason: "UNKNOWN_STOP")
            }
            return try await present(stop)
        }
    }

    static func validate(mode: StopMode, reason: String) throws {
        if case .unrecognized(let number) = mode {
            throw ServiceErrors.invalid("mode: \(number) is not known to this server.")
        }
        try RequestValidation.text(
            reason, field: "reason", maxBytes: RequestValidation.maxReasonBytes, isRequired: false)
    }

    private func carryOut(_ order: StopOrder, _ taskID: String, _ memo: RequestMemo?) async throws -> StopTaskResponse {
        let ledger = ledger
        let result: TaskLedger.Result
        do {
            result = try await ledger.write(
                taskID, actor: order.actor, attachments: TaskLedger.Attachments(request: memo)
            ) { state in
                switch try StopMachine.decide(order, for: state, nowMs: ledger.nowMs()) {
                case .accepted(let transition): return transition
                case .inProgress, .alreadyEnded: throw NothingToWrite(state: state)
                }
            }
        } catch let nothing as NothingToWrite {
            return try await standing(nothing.state)
        }
        switch result {
        case .replayed(let known):
            guard known.fingerprint == memo?.fingerprint else { throw ServiceErrors.requestIDReused }
            return try await outcome(known)
        case .written(let state, let receipt):
            await pool.poke(taskID)
            return StopTaskResponse(
                result: receipt == nil ? .accepted : .stopped, stop: state.stop, receipt: receipt,
                status: state.record.status)
        }
    }

    /// The answer for a task whose stop is in progress or over.
    private func standing(_ state: TaskState) async throws -> StopTaskResponse {
        guard state.record.status != .stopping else {
            return StopTaskResponse(result: .inProgress, stop: state.stop, status: state.record.status)
        }
        let receipt = try await ledger.store.receipts(stopID: state.record.stopId).first
        return StopTaskResponse(
            result: .alreadyStopped, stop: receipt?.stop ?? state.stop, receipt: receipt, status: state.record.status)
    }

    private func outcome(_ known: RequestMemo) async throws -> StopTaskResponse {
        guard let stop = try await ledger.store.stop(id: known.stopID) else { throw ServiceErrors.unknownTask }
        var response = try await present(stop)
        if response.result == .inProgress { response.result = .accepted }
        return response
    }

    /// A stop as it stands, told by its phase alone, so that the stop of a deleted task still answers.
    private func present(_ stop: Stop) async throws -> StopTaskResponse {
        switch stop.phase {
        case .stopped:
            let receipt = try await ledger.store.receipts(stopID: stop.id).first
            return StopTaskResponse(
                result: .stopped, stop: receipt?.stop ?? stop, receipt: receipt,
                status: receipt?.finalStatus ?? (stop.completes ? .completed : .stopped))
        case .failed: return StopTaskResponse(result: .failed, stop: stop, status: .stopFailed)
        default: return StopTaskResponse(result: .inProgress, stop: stop, status: .stopping)
        }
    }
}

/// Ends a ledger write that has nothing to write.
struct NothingToWrite: Error {
    var state: TaskState
}
