import CutoverModel
import CutoverTasks
import Synchronization

/// A worker that does nothing but show counters.
final class GaugeWorker: ReplicationWorker {
    private let progress: Mutex<ReplicationStatus>

    init(_ progress: ReplicationStatus) { self.progress = Mutex(progress) }

    func show(_ shown: ReplicationStatus) { progress.withLock { $0 = shown } }

    func claim() async throws -> ReplicationCheckpoint { .empty }
    func copy() async throws -> String { "" }
    func follow(until target: FollowTarget?) async throws -> String { "" }
    func sourcePosition() async throws -> String { "" }
    func inventory() async throws -> ObjectInventory { ObjectInventory() }
    func previewObjects() async throws -> [ObjectOutcome] { [] }
    func moveTriggers() async throws -> [ObjectOutcome] { [] }
    func moveEvents() async throws -> [ObjectOutcome] { [] }
    func finishResidue(_ objects: [ObjectOutcome]) async throws -> [ObjectOutcome] { [] }
    func tables() async throws -> [TableOutcome] { [] }
    func retire() async throws -> UInt64 { 0 }
    func close() async -> [ResourceOutcome] { [] }
    func status() -> ReplicationStatus { progress.withLock { $0 } }
}
