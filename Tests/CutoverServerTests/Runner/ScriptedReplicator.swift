import CutoverModel
import CutoverTasks
import Synchronization

/// A source, a destination and the workers between them, moved by the test: the runners' schedule is what is tested, so the
/// engine is played. The destination keeps a fence as the real one does.
final class ScriptedReplicator: Replicator {
    struct World {
        var sourceSequence: UInt64 = 5
        var isSourceReachable = true
        var isDestinationReachable = true
        /// Following to a position waits until this is true.
        var drainsFlow = true
        /// Thrown once by the next follow, first to last.
        var faults: [ReplicationError] = []
        var findings: [PreCheckFinding] = []
        var objects: [ObjectOutcome] = [
            ObjectOutcome(
                kind: .trigger, database: "shop", name: "audit", table: "orders", result: .leftBehind,
                sql: "CREATE TRIGGER")
        ]
        var triggersFail = false
        /// Triggers and events can be listed: false when the privilege was withdrawn.
        var seesObjects = true
        /// Looks at the source's objects, claims, residue and moves wait until these are true.
        var looksFlow = true
        var claimsFlow = true
        var residueFlows = true
        var movesFlow = true
        /// Called by the next look at the objects.
        var onLook: (@Sendable () async -> Void)?
        /// Where a drain to a time ends.
        var timeBoundary: UInt64 = 3
        /// Thrown once by the next drain.
        var drainFault: ReplicationError?
        /// The destination is past every point to drain to.
        var isTargetPassed = false
        /// What workers show besides their positions.
        var shown = MigrationProgress()
        /// How often somebody looked at what a worker shows.
        var statusReads = 0

        /// What the destination holds.
        var fenceEpoch: UInt64 = 0
        var isOwned = false
        var checkpoint = ReplicationCheckpoint.empty
        var movedTriggers = 0
        /// A write of a worker whose epoch is not the fence's: must stay 0.
        var strayWrites = 0
        var openWorkers = 0
        var follows = 0
        var targets: [FollowTarget] = []
        var residueRuns = 0
        var password = ""
    }

    let world = Mutex(World())

    func change(_ body: @Sendable (inout World) -> Void) { world.withLock { body(&$0) } }
    func read<Value: Sendable>(_ body: @Sendable (World) -> Value) -> Value { world.withLock { body($0) } }

    func preCheck(_ job: ReplicationJob) async throws -> PreCheckReport {
        read { PreCheckReport(findings: $0.findings) }
    }

    func makeWorker(_ job: ReplicationJob, epoch: UInt64) -> any ReplicationWorker {
        world.withLock {
            $0.openWorkers += 1
            $0.password = job.destination.password
        }
        return ScriptedWorker(replicator: self, epoch: epoch)
    }
}

/// One worker of the play.
final class ScriptedWorker: ReplicationWorker {
    private let replicator: ScriptedReplicator
    private let epoch: UInt64
    private let counters = Mutex(ReplicationStatus())

    init(replicator: ScriptedReplicator, epoch: UInt64) {
        self.replicator = replicator
        self.epoch = epoch
    }

    /// Writes at the destination as this worker.
    private func write(_ body: (inout ScriptedReplicator.World) -> Void) throws {
        try Task.checkCancellation()
        try replicator.world.withLock { world in
            guard world.isDestinationReachable else {
                throw ReplicationError(.destinationUnreachable, "The destination does not answer.")
            }
            guard world.isOwned, world.fenceEpoch == epoch else {
                world.strayWrites += 1
                throw ReplicationError(.fenced, "Another owner has the task.")
            }
            body(&world)
        }
    }

    private func wait(until isMet: @Sendable (ScriptedReplicator.World) -> Bool) async throws {
        while !replicator.read(isMet) { try await Task.sleep(for: .milliseconds(1)) }
    }

    private func requireSource() throws {
        guard replicator.read(\.isSourceReachable) else {
            throw ReplicationError(.sourceUnreachable, "The source does not answer.")
        }
    }

    func claim() async throws -> ReplicationCheckpoint {
        try await wait(until: \.claimsFlow)
        try Task.checkCancellation()
        return try replicator.world.withLock { world in
            guard world.isDestinationReachable else {
                throw ReplicationError(.destinationUnreachable, "The destination does not answer.")
            }
            guard world.fenceEpoch <= epoch else { throw ReplicationError(.fenced, "A higher epoch owns the task.") }
            world.fenceEpoch = epoch
            world.isOwned = true
            if case .following(let position) = world.checkpoint {
                counters.withLock { $0.appliedPosition = position }
            }
            return world.checkpoint
        }
    }

    func copy() async throws -> String {
        try requireSource()
        let position = try await sourcePosition()
        try write { $0.checkpoint = .following(position: position) }
        return position
    }

    func follow(until target: FollowTarget?) async throws -> String {
        replicator.change {
            $0.follows += 1
            if let target { $0.targets.append(target) }
        }
        try requireSource()
        guard let target else {
            try await wait { !$0.faults.isEmpty }
            throw replicator.world.withLock { $0.faults.removeFirst() }
        }
        if replicator.read(\.isTargetPassed) {
            throw ReplicationError(.targetPassed, "Something beyond the point to drain to was applied before.")
        }
        let fault = replicator.world.withLock { world in
            defer { world.drainFault = nil }
            return world.drainFault
        }
        if let fault { throw fault }
        try await wait { $0.drainsFlow }
        let until =
            switch target {
            case .position(let position): position
            case .time: "0-1-\(replicator.read(\.timeBoundary))"
            }
        try write { $0.checkpoint = .following(position: until) }
        counters.withLock { $0.appliedPosition = until }
        return until
    }

    func sourcePosition() async throws -> String {
        try requireSource()
        return "0-1-\(replicator.read(\.sourceSequence))"
    }

    /// Looks at the source as long as it lets itself be looked at.
    private func look() async throws {
        try requireSource()
        let onLook = replicator.world.withLock { world in
            defer { world.onLook = nil }
            return world.onLook
        }
        await onLook?()
        try await wait(until: \.looksFlow)
        guard replicator.read(\.seesObjects) else {
            throw ReplicationError(.privilegeMissing, "The account at the source lacks the TRIGGER privilege.")
        }
    }

    func inventory() async throws -> ObjectInventory {
        try await look()
        return ObjectInventory(atMs: 1, objects: replicator.read(\.objects))
    }

    func previewObjects() async throws -> [ObjectOutcome] {
        try await look()
        return outcomes(of: replicator.read(\.objects).filter { $0.kind != .autoIncrement }).map { object in
            var object = object
            object.sql = ""
            return object
        }
    }

    func finishResidue(_ objects: [ObjectOutcome]) async throws -> [ObjectOutcome] {
        replicator.change { $0.residueRuns += 1 }
        try await wait(until: \.residueFlows)
        guard !replicator.read(\.isOwned) else { throw ReplicationError(.fenced, "The task is not retired.") }
        return outcomes(of: objects)
    }

    private func outcomes(of objects: [ObjectOutcome]) -> [ObjectOutcome] {
        let result: ObjectResult = replicator.read(\.triggersFail) ? .failed : .created
        return objects.map { object in
            var object = object
            object.result = result
            return object
        }
    }

    func moveTriggers() async throws -> [ObjectOutcome] {
        try await wait(until: \.movesFlow)
        try write { $0.movedTriggers += 1 }
        return outcomes(of: replicator.read(\.objects))
    }

    func moveEvents() async throws -> [ObjectOutcome] { [] }

    func tables() async throws -> [TableOutcome] {
        [TableOutcome(database: "shop", table: "orders", complete: true, rows: 3)]
    }

    func retire() async throws -> UInt64 {
        try Task.checkCancellation()
        return try replicator.world.withLock { world in
            guard world.isDestinationReachable else {
                throw ReplicationError(.destinationUnreachable, "The destination does not answer.")
            }
            guard world.fenceEpoch <= epoch else { throw ReplicationError(.fenced, "A higher epoch owns the task.") }
            world.fenceEpoch = epoch
            world.isOwned = false
            return epoch
        }
    }

    func close() async -> [ResourceOutcome] {
        replicator.change { $0.openWorkers -= 1 }
        return [ResourceOutcome(resource: "source binlog dump connection", released: true)]
    }

    func status() -> ReplicationStatus {
        var status = replicator.world.withLock { world in
            world.statusReads += 1
            return world.shown
        }
        status.appliedPosition = counters.withLock(\.appliedPosition)
        return status
    }
}
