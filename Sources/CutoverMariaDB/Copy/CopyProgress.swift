internal import CutoverModel
internal import CutoverLocking

/// Counters of a worker, readable from any thread at any time.
final class CopyProgress: Sendable {
    private let state = Mutex(MigrationProgress())

    var snapshot: MigrationProgress { state.withLock { $0 } }

    func update(_ change: (inout MigrationProgress) -> Void) { state.withLock { change(&$0) } }
}
