package import CutoverTasks
internal import CutoverLocking

/// How far a follower has come; readable from any thread at any time.
package final class FollowerProgress: Sendable {
    /// The numbers at one instant.
    package struct Snapshot: Sendable, Equatable {
        /// GTIDs whose groups began to arrive.
        package var receivedPosition = GTIDPosition()
        /// What the destination has durably.
        package var appliedPosition = GTIDPosition()
        /// Source transactions applied since the follower began, those that touched nothing of ours included.
        package var transactions: UInt64 = 0
        /// Row changes applied since the follower began.
        package var rows: UInt64 = 0
        /// Bytes of binlog received since the follower began.
        package var receivedBytes: UInt64 = 0
        /// How old, by the source's clock, the last applied transaction was when it was applied; 0 when caught up.
        package var lagMs: UInt64 = 0
        /// What is being waited for, or empty.
        package var blocker = ""
        /// The source's binlog file being read.
        package var sourceFile = ""
    }

    private let state = Mutex(Snapshot())

    package init() {}

    package var snapshot: Snapshot { state.withLock { $0 } }

    func update(_ change: (inout Snapshot) -> Void) {
        state.withLock { change(&$0) }
    }
}
