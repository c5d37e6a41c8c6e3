import CutoverModel
import CutoverTasks
import TestRandom

/// One seeded schedule: clients, a server's runners, the ends of each task, crashes, lost and repeated messages, and a clock that
/// jumps; one small step at a time in one thread, over the pure core and a store in memory. In every other schedule they send batches too.
struct StopSimulation {
    /// The server ends at this point; what it held in memory is gone.
    struct ServerCrash: Error {}

    /// What a client asks for. It sends the same request again as long as it has no answer, and now and then although it has one.
    struct Call {
        enum Kind {
            case stop(StopOrder)
            case cancel(stopID: String)
            case order(TaskOrder)
            case finishResidue
        }

        var task: String
        var requestID: String
        var kind: Kind
    }

    /// A call that the server has taken in, between its read and its write, so that others come in between.
    struct Intent {
        var call: Call
        var snapshot: TaskState
        /// Names a stop that this very delivery would make.
        var stopID: String
    }

    /// What a runner holds in memory while it works; lost in a crash, or left behind as a zombie.
    struct Worker {
        var epoch: UInt64
        var claimed = false
        /// The stop that it works for, as it was read last; nil for a worker that replicates.
        var stop: Stop?
        /// What its counters say; after a crash begun from what was saved last.
        var applied = 0
    }

    /// Of a schedule without batches, and with them.
    static let tasks = (alone: ["t0", "t1"], batched: ["t0", "t1", "t2"])
    static let steps = (alone: 260, batched: 360)

    let core: SimulatedCore
    let store: InMemoryTaskStore
    var random: SplitMix64
    var history = StopHistory()
    /// The server's clock: for records only, jumps in both directions.
    var nowMs: Int64 = 10_000
    var ends: [String: SimulatedEnds] = [:]
    var workers: [String: Worker] = [:]
    var zombies: [(task: String, worker: Worker)] = []
    /// Tasks where the server cannot prove by itself that its last worker has ended.
    var unproven: Set<String> = []
    var intents: [Intent] = []
    /// Calls that may be sent again, as they were.
    var sent: [Call] = []
    /// Steps of stops that were reported once, for a second delivery.
    var delivered: [(step: StopStep, stop: Stop)] = []
    /// Counters that outlive the server, as they were saved last.
    var saved: [String: Int] = [:]
    let tasks: [String]
    let steps: Int
    /// By batch.
    var batchWorkers: [String: BatchWorker] = [:]
    var batchIntents: [BatchIntent] = []
    /// Calls about batches that may be sent again, as they were.
    var sentBatches: [BatchCall] = []
    var lastID = 0
    var calm = false

    init(seed: UInt64, core: SimulatedCore = SimulatedCore()) {
        self.core = core
        store = InMemoryTaskStore(seal: core.seal)
        random = SplitMix64(seed: seed)
        let hasBatches = random.oneIn(2)
        tasks = hasBatches ? Self.tasks.batched : Self.tasks.alone
        steps = hasBatches ? Self.steps.batched : Self.steps.alone
    }

    /// Whether clients send batches too.
    private var hasBatches: Bool { tasks.count == Self.tasks.batched.count }

    /// - Returns: what was promised and seen.
    mutating func run() async throws -> StopHistory {
        for task in tasks {
            let created = TaskMachine.create(id: task, name: task, labels: [], nowMs: nowMs)
            _ = try await store.apply([write(created, before: nil)])
            history.created(created.state)
            ends[task] = SimulatedEnds(isFenced: core.destinationIsFenced)
        }
        try await warmUp()
        for number in 0..<steps {
            do { try await step(number) } catch is ServerCrash { crash() }
        }
        try await settle()
        return history
    }

    /// Most tasks are on their way already when the trouble begins.
    private mutating func warmUp() async throws {
        calm = true
        for task in tasks where !random.oneIn(4) {
            let kind: MigrationKind = random.oneIn(6) ? .fullOnly : .fullAndIncremental
            try await runnerStep(task)
            for order in [TaskOrder.configure(kind: kind, startAtMs: 0), .start] {
                let core = core
                _ = try await carryOut(task) { try core.order(order, $0, $1) }
                for _ in 0..<Int.random(in: 1...8, using: &random) { try await runnerStep(task) }
            }
        }
        calm = false
    }

    private mutating func step(_ number: Int) async throws {
        if hasBatches, random.oneIn(4) { return try await batchStep(number) }
        let task = anyTask()
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<48: try await runnerStep(task)
        // Stops grow likelier, so that tasks get somewhere before they end.
        case 48..<62: try await clientSends(stops: isTimeForStops(number))
        case 62..<78: try await serverAnswers()
        case 78..<80: try await serverAnswersGroup()
        case 80..<82: try await stepIsDeliveredAgain()
        case 82..<91: changeEnds(task)
        case 91..<93: crash()
        case 93..<95: zombieWrites()
        default: jumpClock()
        }
    }

    private mutating func batchStep(_ number: Int) async throws {
        switch Int.random(in: 0..<10, using: &random) {
        case 0..<2: if isTimeForStops(number) { batchClientSends() }
        case 2..<5: try await serverAnswersBatch()
        default: try await anyBatchStep()
        }
    }

    private mutating func isTimeForStops(_ number: Int) -> Bool {
        Int.random(in: 0..<steps, using: &random) < 40 + number / 2
    }

    mutating func anyTask() -> String { tasks[Int.random(in: 0..<tasks.count, using: &random)] }

    mutating func freshID(_ kind: String) -> String {
        lastID += 1
        return "\(kind)\(lastID)"
    }

    // MARK: - The world

    private mutating func jumpClock() {
        switch Int.random(in: 0..<8, using: &random) {
        case 0: nowMs = max(1, nowMs - Int64.random(in: 0...20_000, using: &random))
        case 1: nowMs += Int64.random(in: 0...100_000, using: &random)
        default: nowMs += 50
        }
    }

    private mutating func changeEnds(_ task: String) {
        guard var end = ends[task] else { return }
        for _ in 0..<Int.random(in: 0...3, using: &random) {
            if random.oneIn(2) { end.second += 1 }
            end.commit(domain: random.oneIn(3) ? 1 : 0)
        }
        end.second += Int64.random(in: 0...1, using: &random)
        end.isSourceUp = !random.oneIn(4)
        end.isDestinationUp = !random.oneIn(4)
        ends[task] = end
    }

    /// The server dies: what its runners knew is gone; their last transactions may still come in.
    private mutating func crash() {
        for (task, worker) in workers.sorted(by: { $0.key < $1.key }) where worker.claimed {
            unproven.insert(task)
            if random.oneIn(2) { zombies.append((task, worker)) }
        }
        workers = [:]
        intents = []
        delivered = []
        batchWorkers = [:]
        batchIntents = []
    }

    /// A worker of an earlier process, cut off from everything but the destination, writes on.
    private mutating func zombieWrites() {
        guard let (task, worker) = zombies.randomElement(using: &random), let end = ends[task] else { return }
        // A worker that drained stops by itself where it was told to.
        if let stop = worker.stop, stop.phase != .draining || Self.drain(stop, end) != .goesOn { return }
        applyNext(task, epoch: worker.epoch)
    }

    /// The destination takes the next transaction, if the fence lets it.
    /// - Returns: false when the worker is fenced or the destination away.
    @discardableResult
    mutating func applyNext(_ task: String, epoch: UInt64) -> Bool {
        let wrote = ends[task]?.write(epoch: epoch) { $0.applied = min($0.applied + 1, $0.transactions.count) }
        if wrote == true { history.wroteAtDestination(task, epoch: epoch) }
        return wrote == true
    }

    /// A step that was taken before comes in again, because the answer to its write was lost.
    private mutating func stepIsDeliveredAgain() async throws {
        guard let (step, stop) = delivered.randomElement(using: &random) else { return }
        try await report(step, stop, isRepeated: true)
    }

    /// Kills the server now and then, before or after something that lasts.
    mutating func mayCrash() throws {
        if !calm, random.oneIn(80) { throw ServerCrash() }
    }
}
