import Foundation
public import Logging

/// How a store on SQLite behaves. The defaults suit a server on a local disk.
public struct SQLiteTaskStoreOptions: Sendable {
    /// The database file; `<path>.lock`, `<path>.ballast`, `<path>-wal` and `<path>-shm` lie beside it.
    public var path: String
    /// Writes that may wait; a call that finds this many waiting is refused with `.busy`.
    public var queueLimitWrites: Int = 10_000
    /// Writes of several callers that share one commit. One caller's batch is never split.
    public var groupLimitWrites: Int = 1000
    /// Connections that only read, 1 to 16.
    public var readers: Int = 2
    /// Reads that may wait or run; beyond that `.busy`.
    public var readLimit: Int = 10_000
    /// Calls of `waitForRevision` that may wait; beyond that `.busy`.
    public var waiterLimit: Int = 100_000
    /// Events kept in the revision log; older ones are deleted in small transactions.
    public var eventsKept: Int = 1_000_000
    /// How long a request id is remembered.
    public var requestsKeptMs: Int64 = 7 * 24 * 3_600_000
    /// Room reserved in a file beside the database, given up when the disk is full so that stops can still be accepted; 0
    /// reserves none.
    public var ballastBytes: Int64 = 64 << 20
    /// Writes after which an idle writer copies the write-ahead log into the database file.
    public var checkpointWrites: Int = 1000
    /// Pages of the write-ahead log at which a commit checkpoints even under load.
    public var automaticCheckpointPages: Int = 20_000
    /// Bytes of the write-ahead log beyond which an idle writer truncates it.
    public var walTruncateBytes: Int64 = 16 << 20
    /// How long the writer must be idle before it truncates the log and deletes what has expired.
    public var idleDelayMs: Int = 1000
    /// Milliseconds since 1970; decides only when request ids expire.
    public var nowMs: @Sendable () -> Int64 = { Int64(Date().timeIntervalSince1970 * 1000) }
    public var logger: Logger = Logger(label: "cutover.store")
    /// True to open a store only to look at it: also one whose audit log was cut off, so that `verifyAudit` can say where.
    /// Writes are refused.
    public var isForInspection: Bool = false

    public init(path: String) {
        self.path = path
    }
}

/// Counters since the store was opened.
public struct SQLiteTaskStoreStatistics: Sendable, Hashable {
    /// Commits that made a revision.
    public var commits: UInt64 = 0
    /// Writes answered: applied, lost or known; pages of batches and alarms count too.
    public var writes: UInt64 = 0
    /// Most writes in one commit.
    public var largestGroupWrites: Int = 0
    /// Calls refused because the queue was at its bound.
    public var refusedBusy: UInt64 = 0
    /// Calls refused because the disk was full.
    public var refusedFull: UInt64 = 0
    /// Writes that wait now.
    public var waitingWrites: Int = 0
    /// Calls that wait for a revision now.
    public var waiters: Int = 0
    /// True while the disk has no room: only writes that carry a stop, and deletions, are tried.
    public var isLowOnSpace: Bool = false
}
