package import CutoverTasks
internal import CutoverLocking

/// How far a follower has come; readable from any thread at any time.
package final class FollowerProgress: Sendable {
    /// What the applier is doing at the destination, from before a statement that may have to wait until it is committed.
    package struct Activity: Sendable, Equatable {
        package enum Work: Sendable, Hashable {
            /// Rows, or a change of schema, of this table.
            case change(of: String)
            case commit
            /// Asking whether the destination still answers.
            case check
        }

        package var work: Work
        /// The oldest source transaction that the destination does not have yet.
        package var gtid: GTID?
        /// Since when this is being tried, over attempts that lost a wait for a lock.
        package var since: ContinuousClock.Instant
        /// What it waits for, as the destination says; empty when that is not known.
        package var holder = ""
        /// Tells one statement from the next.
        var number: UInt64
    }

    /// The numbers at one instant.
    package struct Snapshot: Sendable, Equatable {
        /// Where the source stood about a second ago.
        package var sourcePosition = GTIDPosition()
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
        /// When the last applied transaction began, in seconds of the source's clock; 0 when that is not known.
        package var appliedAt: UInt64 = 0
        /// When the oldest transaction that arrived and is not applied began, in seconds of the source's clock; 0 if none.
        package var pendingSince: UInt32 = 0
        /// How far the source's clock is ahead of ours.
        package var sourceClockAheadMs: Int64 = 0
        /// Since when there is no connection to this end; 0 while there is one.
        package var sourceUnreachableSinceMs: Int64 = 0
        package var destinationUnreachableSinceMs: Int64 = 0
        /// Why the last attempt failed, until the next one is under way; else empty.
        package var failure = ""
        package var activity: Activity?
        package var goal: FollowGoal.End?
        /// The source's binlog file being read.
        package var sourceFile = ""
    }

    private struct State {
        var snapshot = Snapshot()
        var lastNumber: UInt64 = 0
        /// The activity that lost a wait for a lock: when it is tried again, its time goes on.
        var interrupted: Activity?
    }

    private let state = Mutex(State())

    package init() {}

    package var snapshot: Snapshot { state.withLock { $0.snapshot } }

    func update(_ change: (inout Snapshot) -> Void) {
        state.withLock { change(&$0.snapshot) }
    }

    // MARK: Activity

    func begin(_ work: Activity.Work, _ gtid: GTID?) {
        state.withLock { state in
            state.lastNumber += 1
            var activity = Activity(work: work, gtid: gtid, since: .now, number: state.lastNumber)
            if let earlier = state.interrupted, earlier.work == work, earlier.gtid == gtid {
                activity.since = earlier.since
                activity.holder = earlier.holder
            }
            state.snapshot.activity = activity
        }
    }

    /// What was under way is done: the destination has answered.
    func endActivity() {
        state.withLock { state in
            state.snapshot.activity = nil
            state.interrupted = nil
            state.snapshot.destinationUnreachableSinceMs = 0
        }
    }

    /// What was under way ended with its connections.
    func dropActivity() {
        state.withLock { state in
            state.snapshot.activity = nil
            state.interrupted = nil
        }
    }

    /// The activity lost a wait for a lock and will be tried again.
    func interruptActivity() {
        state.withLock { state in
            // Work of the next attempt that is not held up must not make the wait look like a new one.
            state.interrupted = state.snapshot.activity ?? state.interrupted
        }
    }

    /// Says what an activity waits for, if it is still the present one.
    func note(holder: String, of number: UInt64) {
        state.withLock { state in
            guard state.snapshot.activity?.number == number else { return }
            state.snapshot.activity?.holder = holder
        }
    }

    // MARK: Connections

    func noteLost(source: Bool) {
        let now = WallClock.nowMs
        update { snapshot in
            if source {
                if snapshot.sourceUnreachableSinceMs == 0 { snapshot.sourceUnreachableSinceMs = now }
            } else if snapshot.destinationUnreachableSinceMs == 0 {
                snapshot.destinationUnreachableSinceMs = now
            }
        }
    }

    func noteReached(source: Bool) {
        update { snapshot in
            if source { snapshot.sourceUnreachableSinceMs = 0 } else { snapshot.destinationUnreachableSinceMs = 0 }
        }
    }
}
