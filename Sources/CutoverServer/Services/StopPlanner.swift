import CutoverModel
internal import CutoverRPC
internal import CutoverTasks

/// Says what a stop would do now, by the same rules as the stop itself; changes nothing.
struct StopPlanner: Sendable {
    /// How long the source may take to list its objects.
    static let inventoryDeadlineMs: Int64 = 3_000

    let context: RunnerContext

    func plan(_ taskID: String, mode: StopMode) async throws -> StopPlan {
        let ledger = context.ledger
        guard let state = try await ledger.store.state(of: taskID) else { throw ServiceErrors.unknownTask }
        let record = state.record
        let resolved = StopMachine.resolveMode(asked: mode, for: record, abnormality: nil)
        var plan = StopPlan(
            taskId: record.id, taskName: record.name, status: record.status, modeTaken: resolved.mode,
            modeReason: resolved.why)
        let order = StopOrder(stopID: "plan", reason: "plan", mode: mode)
        do {
            switch try StopMachine.decide(order, for: state, nowMs: ledger.nowMs()) {
            case .accepted: plan.legal = true
            case .inProgress, .alreadyEnded:
                plan.legal = true
                plan.modeTaken = state.stop?.modeTaken ?? resolved.mode
                plan.modeReason = record.status == .stopping ? "a stop is in progress" : "the task has ended"
                return plan
            }
        } catch {
            plan.refusal = ServiceErrors.info(ServiceErrors.rpcError(error))
            return plan
        }
        var progress = context.board.progress(of: taskID)
        if progress == nil { progress = try await ledger.store.progress(of: taskID) }
        plan.lagMs = progress?.lagMs ?? 0
        guard record.destinationTouched else { return plan }
        guard record.copyDone || plan.modeTaken == .forced else {
            plan.losses = losses(plan, record, progress)
            return plan
        }
        let inventory = await inventory(of: record)
        plan.objectsKnown = inventory != nil
        plan.triggers = count(inventory, .trigger)
        plan.events = count(inventory, .event)
        plan.losses = losses(plan, record, progress)
        return plan
    }

    private func count(_ inventory: ObjectInventory?, _ kind: ObjectKind) -> UInt64 {
        UInt64(inventory?.objects.filter { $0.kind == kind }.count ?? 0)
    }

    /// Fresh from the source when it answers in time, else as last known.
    private func inventory(of record: TaskRecord) async -> ObjectInventory? {
        if !record.status.isAbnormal, let job = try? await context.job(for: record.id) {
            let scout = context.replicator.makeWorker(job, epoch: record.epoch)
            let fresh = try? await withDeadline(milliseconds: Self.inventoryDeadlineMs, "") {
                try await scout.inventory()
            }
            _ = await scout.close()
            if let fresh { return fresh }
        }
        return try? await context.ledger.store.inventory(of: record.id)
    }

    private func losses(_ plan: StopPlan, _ record: TaskRecord, _ progress: MigrationProgress?) -> [String] {
        var losses: [String] = []
        if !record.copyDone {
            let done = progress.map { " \($0.tablesDone) of \($0.tablesTotal) tables are whole." } ?? ""
            losses.append("The full copy is incomplete.\(done) Nothing is drained, and no trigger or event moves.")
        } else if plan.modeTaken == .forced {
            let at = progress.map(\.appliedPosition).flatMap { $0.isEmpty ? nil : $0 }
            losses.append("Changes at the source after \(at ?? "the last applied position") are not applied.")
        }
        if plan.modeTaken == .forced {
            losses.append(
                plan.objectsKnown
                    ? "\(plan.triggers) triggers and \(plan.events) events are not moved; the receipt lists their SQL."
                    : "Triggers and events are not moved, and the source cannot list them now.")
        }
        return losses
    }
}
