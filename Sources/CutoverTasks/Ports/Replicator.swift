public import CutoverModel

/// What one task reads and writes, with its secrets resolved. Held in memory only; never logged or printed.
public struct ReplicationJob: Sendable {
    public var taskID: String
    /// With `password` filled in.
    public var source: DatabaseEndpoint
    /// With `password` filled in.
    public var destination: DatabaseEndpoint
    public var databases: [String]
    /// As "database.table".
    public var excludedTables: Set<String>
    public var kind: MigrationKind
    /// Connections of the full copy at each end, 1 to 16.
    public var copyConnections: Int
    /// Bytes that a chunk of the full copy aims at.
    public var chunkBytes: Int

    public init(
        taskID: String, source: DatabaseEndpoint, destination: DatabaseEndpoint, databases: [String],
        excludedTables: Set<String> = [], kind: MigrationKind = .fullAndIncremental, copyConnections: Int = 4,
        chunkBytes: Int = 8 << 20
    ) {
        self.taskID = taskID
        self.source = source
        self.destination = destination
        self.databases = databases
        self.excludedTables = excludedTables
        self.kind = kind
        self.copyConnections = copyConnections
        self.chunkBytes = chunkBytes
    }
}

extension ReplicationJob: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "ReplicationJob(\(taskID))" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: ["taskID": taskID]) }
}

/// How far the destination's own checkpoint says a task has come.
public enum ReplicationCheckpoint: Sendable, Hashable {
    /// Nothing was written for this task.
    case empty
    /// A full copy began and did not end: it starts again from the beginning.
    case copying
    /// The copy is whole; changes are applied up to this GTID position.
    case following(position: String)
}

/// Counters and positions of a worker at one instant; cheap to read at any time.
public typealias ReplicationStatus = MigrationProgress

/// Why replication did not go on.
public struct ReplicationError: Error, Sendable, Equatable {
    public enum Code: String, Sendable, CaseIterable {
        case sourceUnreachable = "SOURCE_UNREACHABLE"
        case destinationUnreachable = "DESTINATION_UNREACHABLE"
        /// Another owner raised the epoch at the destination; this worker must write nothing more.
        case fenced = "FENCED"
        /// The source purged binlogs that are still needed, or does not know the position.
        case positionLost = "POSITION_LOST"
        /// The destination's rows are not what the source's change expects.
        case divergence = "DIVERGENCE"
        /// Objects of these names exist at the destination and are not this task's.
        case destinationClash = "DESTINATION_CLASH"
        case privilegeMissing = "PRIVILEGE_MISSING"
        /// The source did something that cannot be carried over exactly.
        case unsupported = "UNSUPPORTED"
        case copyFailed = "COPY_FAILED"
        case applyFailed = "APPLY_FAILED"
        case schemaFailed = "SCHEMA_FAILED"
        case invalidJob = "INVALID_JOB"
        case timedOut = "TIMED_OUT"
        /// The destination is past the point to drain to.
        case targetPassed = "DRAIN_TARGET_PASSED"
    }

    public var code: Code
    /// For people: what happened and what to do. No SQL text, row values, DSN or password.
    public var message: String
    /// True when the same attempt may succeed later without any change by hand.
    public var isRetriable: Bool

    public init(_ code: Code, _ message: String, isRetriable: Bool? = nil) {
        self.code = code
        self.message = message
        self.isRetriable = isRetriable ?? [.sourceUnreachable, .destinationUnreachable, .timedOut].contains(code)
    }
}

/// Where following ends.
public enum FollowTarget: Sendable, Hashable {
    /// Exactly this GTID position: nothing of any domain beyond it is applied.
    case position(String)
    /// Before the first transaction, in binlog order, that began after this second of the source's clock; when the clock
    /// has passed it, at the latest where the source stands.
    case time(seconds: Int64)
}

/// Makes workers; the engine's side of the port.
public protocol Replicator: Sendable {
    /// Examines both ends without changing either.
    ///
    /// An end that cannot be reached is an error finding, not a thrown error.
    /// - Throws: `CancellationError` within a second of cancellation.
    func preCheck(_ job: ReplicationJob) async throws -> PreCheckReport

    /// A worker that owns the task at `epoch`; opens nothing yet.
    func makeWorker(_ job: ReplicationJob, epoch: UInt64) -> any ReplicationWorker
}

/// One owner's work on one task.
///
/// Methods are called one at a time, but `status`, `close` and cancellation of the calling task may come at any moment. Every
/// method ends within one second of cancellation with `CancellationError`, leaving no open transaction. Failures are
/// `ReplicationError`.
public protocol ReplicationWorker: Sendable {
    /// Takes the task over at the destination: creates or raises its fence to this worker's epoch, ending every older
    /// worker's transactions, and reads the checkpoint.
    /// - Throws: `.fenced` when the destination holds a higher epoch.
    func claim() async throws -> ReplicationCheckpoint

    /// Copies schema and rows at one consistent snapshot; keys, foreign keys, views and routines after the rows.
    /// - Returns: the snapshot's GTID position, which is then the durable checkpoint.
    func copy() async throws -> String

    /// Applies the source's changes from the checkpoint on, over lost connections and source restarts.
    ///
    /// Retries lost connections by itself for at most about 30 seconds, then throws an unreachable error.
    /// - Parameter target: where to end; nil goes on until cancelled.
    /// - Returns: the GTID position that the target came to, which is then applied.
    /// - Throws: `.targetPassed` when something beyond the target was applied before.
    func follow(until target: FollowTarget?) async throws -> String

    /// The source's position now (`@@gtid_binlog_pos`).
    func sourcePosition() async throws -> String

    /// Triggers, events and AUTO_INCREMENT counters at the source, with the SQL that makes each at the destination; each
    /// outcome's result is `.leftBehind`.
    /// - Throws: `.privilegeMissing` when they cannot be seen: an empty list would be a lie.
    func inventory() async throws -> ObjectInventory

    /// What moving each trigger and event would come to now, compared at both ends; changes nothing. `.created`, `.present`,
    /// `.skipped` or `.failed` with the reason; no SQL.
    /// - Throws: `.privilegeMissing` as ``inventory()``.
    func previewObjects() async throws -> [ObjectOutcome]

    /// Carries AUTO_INCREMENT counters over and creates the triggers at the destination. Safe to repeat.
    func moveTriggers() async throws -> [ObjectOutcome]

    /// Creates the events at the destination, enabling them last. Safe to repeat.
    func moveEvents() async throws -> [ObjectOutcome]

    /// Makes objects at the destination that a forced stop left behind, by their SQL, without the source and without reviving
    /// replication. Safe to repeat.
    /// - Parameter objects: counters, triggers and events with result `.leftBehind`, as ``inventory()`` gave them.
    /// - Returns: one outcome an object, in order.
    func finishResidue(_ objects: [ObjectOutcome]) async throws -> [ObjectOutcome]

    /// Which tables of the copy are whole, from the destination's checkpoint.
    func tables() async throws -> [TableOutcome]

    /// Raises the fence at the destination with no owner: nobody writes for this task again.
    /// - Returns: the epoch of the fence.
    func retire() async throws -> UInt64

    /// Ends every connection and thread of this worker, by KILL where a server does not notice by itself.
    ///
    /// Returns within 3 seconds, also with a frozen source or destination; what could not be confirmed is said.
    func close() async -> [ResourceOutcome]

    /// Counters, positions, unreachable ends and the present blocker, such as "waiting for transaction 0-1-4711 on
    /// shop.orders, 41 s"; never blocks.
    func status() -> ReplicationStatus
}
