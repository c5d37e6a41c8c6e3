package import CutoverTasks
internal import CutoverLocking

/// Where a follow ends, with what the source has said about it so far.
package final class FollowGoal: Sendable {
    package enum End: Sendable, Hashable {
        /// What START SLAVE UNTIL master_gtid_pos makes of a position: each domain that it names ends exactly at its element,
        /// and of a domain that it does not name nothing more is applied. Source: MariaDB Knowledge Base, "START REPLICA",
        /// and MDEV-27247 on domains that are not listed.
        case position(GTIDPosition)
        /// Before the first transaction, in binlog order, whose GTID event is later than this second of the source's clock.
        case time(seconds: Int64)
    }

    package let end: End
    /// Where the source stood when its clock had passed the time; nil before.
    private let bound = Mutex<GTIDPosition?>(nil)

    package init(_ end: End) { self.end = end }

    /// - Throws: `.invalidJob` when the target's position is none.
    convenience init(target: FollowTarget) throws(ReplicationError) {
        switch target {
        case .position(let text):
            guard let position = GTIDPosition(text) else {
                throw ReplicationError(
                    .invalidJob,
                    "The position to drain to is no GTID position. Write it as MariaDB does, such as 0-1-4711.")
            }
            self.init(.position(position))
        case .time(let seconds): self.init(.time(seconds: seconds))
        }
    }

    /// True when a destination at `position` has all that the goal asks for.
    func isReached(by position: GTIDPosition) -> Bool {
        switch end {
        case .position(let target): position.reaches(target)
        case .time: bound.withLock { $0 }.map(position.reaches) ?? false
        }
    }

    /// True when a transaction lies behind the goal and must not be applied.
    func excludes(_ gtid: GTID, timestamp: UInt32) -> Bool {
        switch end {
        case .position(let target): (target.elements[gtid.domain]?.sequence ?? 0) < gtid.sequence
        case .time(let seconds): Int64(timestamp) > seconds
        }
    }

    /// The position at which the source itself shall end the stream.
    var streamEnd: GTIDPosition? {
        guard case .position(let target) = end else { return nil }
        return target
    }

    /// Takes a reading of the source: its clock, and where it stood right after.
    ///
    /// Once the clock has passed the time, what commits later lies behind it. The first such reading counts.
    func note(sourceSeconds: Int64, position: GTIDPosition) {
        guard case .time(let seconds) = end, sourceSeconds > seconds else { return }
        bound.withLock { $0 = $0 ?? position }
    }

    /// Refuses a goal that the destination has left behind.
    ///
    /// - Parameter latestTransactionAt: when the latest transaction at the destination began, in seconds of the source's clock.
    func requireAhead(of position: GTIDPosition, latestTransactionAt: UInt64) throws(ReplicationError) {
        switch end {
        case .position(let target):
            guard position.isBeyond(target) else { return }
            throw ReplicationError(
                .targetPassed,
                "The destination is at \(position), past \(target). Drain to a later position, or to where it stands.")
        case .time(let seconds):
            guard latestTransactionAt > UInt64(clamping: seconds) else { return }
            throw ReplicationError(
                .targetPassed,
                """
                The destination has a transaction of \(WallClock.utcText(seconds: Int64(clamping: latestTransactionAt))), \
                later than \(WallClock.utcText(seconds: seconds)). Drain to a later time, or to where it stands.
                """)
        }
    }
}
