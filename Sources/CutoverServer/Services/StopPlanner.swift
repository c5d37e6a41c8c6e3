import CutoverModel
internal import CutoverRPC
internal import CutoverTasks

/// Says what a stop would do now, by the same rules as the stop itself; changes nothing.
struct StopPlanner: Sendable {
    /// How long both ends may take to say what would become of the objects.
    static let lookDeadlineMs: Int64 = 3_000
    static let maxObjects = 10_000

    let context: RunnerContext

    /// A plan and what of the task's state it was made from.
    struct Result: Sendable {
        var plan: StopPlan
        var basis: PlanBasis
    }

    /// - Parameter terms: must have been validated.
    /// - Throws: ``LedgerError/unknownTask``, `TaskStoreError`. A stop that is not legal is a plan that says so.
    func plan(_ taskID: String, _ terms: StopTerms) async throws -> Result {
        let ledger = context.ledger
        guard let state = try await ledger.store.state(of: taskID) else { throw LedgerError.unknownTask }
        let basis = PlanBasis(state)
        var plan = try await makePlan(state, terms)
        plan.planHash = plan.hash(terms: terms, basis: basis)
        return Result(plan: plan, basis: basis)
    }

    /// Finds out, before a graceful stop of a following task is accepted, whether its triggers and events can be seen at all.
    ///
    /// A source that does not answer in time refuses nothing: the drain has a deadline for that.
    /// - Throws: PRIVILEGE_MISSING.
    func preflight(_ state: TaskState, _ order: StopOrder) async throws {
        guard Self.mayHaveObjects(state),
            let decision = try? StopMachine.decide(order, for: state, nowMs: context.ledger.nowMs()),
            case .accepted(let transition) = decision, let stop = transition.state.stop, Self.movesObjects(stop, state),
            order.abnormality == nil, let job = try? await context.job(for: state.record.id)
        else { return }
        do {
            _ = try await context.scout(
                job, epoch: state.record.epoch, deadlineMs: Self.lookDeadlineMs, "The source did not answer in time."
            ) { try await $0.inventory() }
        } catch let error as ReplicationError where error.code == .privilegeMissing {
            throw error
        } catch {
            // Told by the stop itself, where it can wait.
        }
    }

    /// Whether the stop has triggers and events of a following task still before it.
    private static func movesObjects(_ stop: Stop, _ state: TaskState) -> Bool {
        stop.modeTaken == .graceful && stop.phase != .waiting && stop.isBeforeNoReturn && mayHaveObjects(state)
    }

    private static func mayHaveObjects(_ state: TaskState) -> Bool {
        state.record.copyDone && state.record.destinationTouched
    }

    private func makePlan(_ state: TaskState, _ terms: StopTerms) async throws -> StopPlan {
        let record = state.record
        let nowMs = context.ledger.nowMs()
        let live = context.board.progress(of: record.id)
        let hints = StopHints(live, nowMs: nowMs)
        let resolved = StopMachine.resolveMode(asked: terms.mode, for: record, abnormality: hints.abnormality)
        var plan = StopPlan(
            taskId: record.id, taskName: record.name, status: record.status, modeTaken: resolved.mode,
            modeReason: resolved.why,
            drainTo: resolved.mode == .graceful ? StopMachine.drainTarget(terms.target, for: record) : nil)
        var order = terms.order(stopID: "plan", actor: "plan", defaultDeadlineMs: context.drainDeadlineMs, hints: hints)
        // A plan is asked for before the reason is known.
        order.reason = "plan"
        order = terms.settled(order, for: state)
        let stop: Stop
        do {
            switch try StopMachine.decide(order, for: state, nowMs: nowMs) {
            case .accepted(let transition):
                plan.legal = true
                stop = transition.state.stop ?? Stop(modeTaken: resolved.mode)
            case .inProgress, .alreadyEnded:
                plan.legal = true
                plan.modeTaken = state.stop?.modeTaken ?? resolved.mode
                plan.modeReason = record.status.isFinal ? "the task has ended" : "a stop is in progress"
                plan.drainTo = state.stop?.drainTo
                plan.waits = state.stop?.phase == .waiting
                return plan
            }
        } catch {
            plan.refusal = ServiceErrors.info(ServiceErrors.rpcError(error))
            return plan
        }
        plan.modeTaken = stop.modeTaken
        plan.modeReason = stop.modeReason
        plan.waits = stop.phase == .waiting
        var progress = live
        if progress == nil { progress = try await context.ledger.store.progress(of: record.id) }
        plan.lagMs = progress?.lagMs ?? 0
        plan.backlogTransactions = progress?.backlogTransactions ?? 0
        guard record.destinationTouched else { return plan }
        if plan.modeTaken == .graceful, record.copyDone { estimate(&plan, live ?? MigrationProgress(), nowMs) }
        if record.copyDone || plan.modeTaken == .forced {
            try await describeObjects(&plan, stop, state, isAbnormal: hints.abnormality != nil)
        }
        plan.losses += StopLosses(plan: plan, record: record, progress: progress).sentences
        return plan
    }

    private func estimate(_ plan: inout StopPlan, _ live: MigrationProgress, _ nowMs: Int64) {
        guard let leftMs = DrainForecast(plan.drainTo, nowMs: nowMs).leftMs(live) else { return }
        plan.drainEstimateKnown = true
        plan.drainEstimateMs = leftMs
    }

    /// Fresh from both ends when they answer in time, else as last known.
    private func describeObjects(_ plan: inout StopPlan, _ stop: Stop, _ state: TaskState, isAbnormal: Bool)
        async throws
    {
        let record = state.record
        let previews = Self.movesObjects(stop, state)
        var objects: [ObjectOutcome]?
        if !record.status.isAbnormal, !isAbnormal, let job = try? await context.job(for: record.id) {
            do {
                objects = try await context.scout(
                    job, epoch: record.epoch, deadlineMs: Self.lookDeadlineMs, "The source did not answer in time."
                ) { worker in
                    previews ? try await worker.previewObjects() : try await worker.inventory().objects
                }
            } catch let error as ReplicationError where error.code == .privilegeMissing && previews {
                plan.legal = false
                plan.refusal = ServiceErrors.info(ServiceErrors.rpcError(error))
                return
            } catch is CancellationError {
                throw CancellationError()
            } catch {
                // What was known before is shown instead.
            }
        }
        plan.objectsKnown = objects != nil
        let known: [ObjectOutcome]
        if let objects {
            known = objects
        } else {
            let kept = try await context.ledger.store.inventory(of: record.id)
            known = kept?.objects ?? []
            if let kept, plan.modeTaken == .forced {
                let age = DurationText.text(ms: context.ledger.nowMs() - kept.atMs)
                plan.losses.append("The source does not answer now: its triggers and events are those of \(age) ago.")
            }
        }
        plan.triggers = UInt64(known.count { $0.kind == .trigger })
        plan.events = UInt64(known.count { $0.kind == .event })
        plan.objectsTruncated = known.count > Self.maxObjects
        plan.objects = known.prefix(Self.maxObjects).map { object in
            var object = object
            object.sql = ""
            return object
        }
    }
}
