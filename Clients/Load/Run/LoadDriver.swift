import CutoverClient
import Synchronization

/// Sends the calls of one run and records them.
final class LoadDriver: Sendable {
    let plan: LoadPlan
    let clients: [CutoverClient]
    let workloads: [any Workload]
    let recorder: Recorder
    let control: RunControl
    let inFlight = Atomic<Int>(0)
    let heldBack = Atomic<UInt64>(0)

    init(
        plan: LoadPlan, clients: [CutoverClient], workloads: [any Workload], recorder: Recorder, control: RunControl
    ) {
        self.plan = plan
        self.clients = clients
        self.workloads = workloads
        self.recorder = recorder
        self.control = control
    }

    /// Sends all calls, from `startNs` on, and waits until each has ended.
    func drive(fromNs startNs: UInt64) async {
        switch plan.loop {
        case .closed(let inFlight): await driveClosed(inFlight, fromNs: startNs)
        case .open(let rate, let limit):
            let schedule = Schedule(rate: rate, rampNs: plan.times.rampNs)
            await driveOpen(schedule, limit: limit, fromNs: startNs)
        }
    }

    // MARK: Closed loop

    private func driveClosed(_ perConnection: Int, fromNs startNs: UInt64) async {
        let workers = clients.count * perConnection
        let next = SharedCounter()
        await withDiscardingTaskGroup { group in
            for worker in 0..<workers {
                let client = clients[worker % clients.count]
                let beginNs = startNs + plan.times.rampNs / UInt64(workers) * UInt64(worker)
                group.addTask { await self.work(worker, client, next, fromNs: beginNs) }
            }
        }
    }

    private func work(_ worker: Int, _ client: CutoverClient, _ next: SharedCounter, fromNs beginNs: UInt64) async {
        let endNs = recorder.window.endNs
        var nowNs = MonotonicClock.nowNs
        if beginNs > nowNs { try? await Task.sleep(for: .nanoseconds(Int64(clamping: beginNs - nowNs))) }
        nowNs = MonotonicClock.nowNs
        while nowNs < endNs, !control.hasEnded, !Task.isCancelled {
            let call = LoadCall(client: client, number: next.take(), intendedNs: nowNs)
            nowNs = await perform(call, lane: worker, startedNs: nowNs)
        }
    }

    // MARK: Open loop

    private func driveOpen(_ schedule: Schedule, limit: Int, fromNs startNs: UInt64) async {
        let (due, continuation) = AsyncStream.makeStream(of: Range<UInt64>.self)
        let pacer = Pacer(
            schedule: schedule, startNs: startNs, endNs: recorder.window.endNs,
            giveUpNs: recorder.window.endNs + plan.patienceNs, limit: limit, control: control,
            inFlight: { self.inFlight.load(ordering: .relaxed) },
            release: { range in
                self.inFlight.add(range.count, ordering: .relaxed)
                continuation.yield(range)
            })
        pacer.start { outcome in
            self.heldBack.store(outcome.heldBack, ordering: .relaxed)
            self.recordUnsent(outcome.unsent, schedule, fromNs: startNs)
            continuation.finish()
        }
        await withDiscardingTaskGroup { group in
            for await range in due {
                for number in range {
                    let call = LoadCall(
                        client: clients[Int(number % UInt64(clients.count))], number: number,
                        intendedNs: startNs + schedule.dueNs(number))
                    group.addTask {
                        let lane = Int(truncatingIfNeeded: number & 0xFFFF)
                        _ = await self.perform(call, lane: lane, startedNs: MonotonicClock.nowNs)
                        self.inFlight.subtract(1, ordering: .relaxed)
                    }
                }
            }
        }
    }

    private func recordUnsent(_ calls: Range<UInt64>, _ schedule: Schedule, fromNs startNs: UInt64) {
        let nowNs = MonotonicClock.nowNs
        for number in calls {
            let times = CallTimes(
                intendedNs: startNs + schedule.dueNs(number), startedNs: nowNs, endedNs: nowNs)
            recorder.record(
                lane: 0, operation: plan.mix.operation(of: number), times, .failure(.notSent), measuresStart: false)
        }
    }

    // MARK: One call

    /// Makes a call and records it. Returns when it ended.
    private func perform(_ call: LoadCall, lane: Int, startedNs: UInt64) async -> UInt64 {
        let operation = plan.mix.operation(of: call.number)
        let result: Result<UInt64, CallFailure>
        do throws(CutoverError) {
            switch try await workloads[operation].call(call) {
            case .done(let items): result = .success(items)
            case .refused(let failure): result = .failure(failure)
            case .usedUp:
                control.end(.tasksUsedUp)
                return MonotonicClock.nowNs
            }
        } catch {
            result = .failure(CallFailure(error))
        }
        let endedNs = MonotonicClock.nowNs
        let times = CallTimes(intendedNs: call.intendedNs, startedNs: startedNs, endedNs: endedNs)
        recorder.record(lane: lane, operation: operation, times, result, measuresStart: plan.loop.isOpen)
        return endedNs
    }
}

/// Numbers the calls of a closed loop.
final class SharedCounter: Sendable {
    private let value = Atomic<UInt64>(0)

    func take() -> UInt64 { value.add(1, ordering: .relaxed).oldValue }
}
