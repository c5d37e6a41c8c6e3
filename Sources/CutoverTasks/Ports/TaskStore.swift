public import CutoverModel

/// The durable control state of one task: its record and its stop, if one was accepted.
public struct TaskState: Sendable, Hashable {
    public var record: TaskRecord
    public var stop: Stop?

    public init(record: TaskRecord, stop: Stop? = nil) {
        self.record = record
        self.stop = stop
    }
}

/// A request that was carried out, remembered by its id so that it can be sent again blindly.
public struct RequestMemo: Sendable, Hashable {
    /// The caller's UUID.
    public var id: String
    /// SHA-256 of the method and the request without its id; the same id with another fingerprint is refused.
    public var fingerprint: [UInt8]
    public var taskID: String
    /// The stop that the request made or changed, or was told of; or empty.
    public var stopID: String
    /// True when the request changed nothing: it was told of a stop that was there.
    public var wasToldOnly: Bool

    public init(
        id: String, fingerprint: [UInt8], taskID: String, stopID: String = "", wasToldOnly: Bool = false
    ) {
        self.id = id
        self.fingerprint = fingerprint
        self.taskID = taskID
        self.stopID = stopID
        self.wasToldOnly = wasToldOnly
    }
}

/// One transition to write. A batch of writes is one durable commit; each write stands or falls by itself.
public struct TaskWrite: Sendable {
    /// The new record; its `revision` is assigned by the store.
    public var record: TaskRecord
    /// The revision the record must have now; 0 when it must not exist yet.
    public var expectedRevision: UInt64
    /// The status before; `.unspecified` at creation.
    public var from: TaskStatus
    /// Who did it.
    public var actor: String
    /// What was done, such as "start" or "stop.accepted".
    public var action: String
    public var atMs: Int64
    /// Written when present.
    public var stop: Stop?
    /// Written when present; passwords are sealed before they come here.
    public var spec: TaskSpec?
    /// Written when present.
    public var preCheck: PreCheckReport?
    /// Remembered in the same commit when present.
    public var request: RequestMemo?
    /// Appends `stop` to the audit log as a receipt of this kind, in the same commit.
    public var seals: ReceiptKind?
    /// True to remove the task; its events and receipts stay.
    public var deletes: Bool

    public init(
        record: TaskRecord, expectedRevision: UInt64, from: TaskStatus, actor: String, action: String, atMs: Int64,
        stop: Stop? = nil, spec: TaskSpec? = nil, preCheck: PreCheckReport? = nil, request: RequestMemo? = nil,
        seals: ReceiptKind? = nil, deletes: Bool = false
    ) {
        self.record = record
        self.expectedRevision = expectedRevision
        self.from = from
        self.actor = actor
        self.action = action
        self.atMs = atMs
        self.stop = stop
        self.spec = spec
        self.preCheck = preCheck
        self.request = request
        self.seals = seals
        self.deletes = deletes
    }
}

/// What became of one write.
public enum WriteOutcome: Sendable, Hashable {
    /// Durable at this revision; the receipt when one was sealed.
    case applied(revision: UInt64, receipt: Receipt?)
    /// Somebody was first: the state now, or nil when the task is gone. Nothing of this write was done.
    case lost(current: TaskState?)
    /// The request id was used before. Nothing of this write was done.
    case requestKnown(RequestMemo)
}

/// Which tasks to list.
public struct TaskQuery: Sendable, Hashable {
    /// Empty means all.
    public var statuses: Set<TaskStatus>
    /// Only tasks whose status is not final.
    public var isLive: Bool
    /// Shell pattern with `*` and `?`; empty means all.
    public var nameGlob: String
    /// All of these.
    public var labels: [TaskLabel]
    /// Tasks after this position of the listing; nil from the beginning.
    public var after: String?
    /// 1 to 1000.
    public var limit: Int

    public init(
        statuses: Set<TaskStatus> = [], isLive: Bool = false, nameGlob: String = "", labels: [TaskLabel] = [],
        after: String? = nil, limit: Int = 100
    ) {
        self.statuses = statuses
        self.isLive = isLive
        self.nameGlob = nameGlob
        self.labels = labels
        self.after = after
        self.limit = limit
    }
}

/// One page of a listing, in order of creation.
public struct TaskPage: Sendable, Hashable {
    public var states: [TaskState]
    /// Pass as `after` for the next page; nil at the end.
    public var next: String?
    /// The revision that the page shows.
    public var revision: UInt64

    public init(states: [TaskState], next: String?, revision: UInt64) {
        self.states = states
        self.next = next
        self.revision = revision
    }
}

/// A batch's standing, to be written in the same commit as the stops that it accepts.
public struct BatchWrite: Sendable {
    /// The new record; `batch.revision` is assigned by the store.
    public var record: BatchRecord
    /// The revision that the batch must have now; 0 when it must not exist yet.
    public var expectedRevision: UInt64
    /// Pages to write, each replacing the one of its index; at most 1000.
    public var pages: [BatchPage]
    /// Who did it.
    public var actor: String
    /// What the log says, such as "batch.accepted".
    public var action: String
    public var atMs: Int64

    public init(
        record: BatchRecord, expectedRevision: UInt64, pages: [BatchPage] = [], actor: String, action: String,
        atMs: Int64
    ) {
        self.record = record
        self.expectedRevision = expectedRevision
        self.pages = pages
        self.actor = actor
        self.action = action
        self.atMs = atMs
    }
}

/// What became of a batch's write and of the stops with it. Outcomes are one a task write, in order.
public enum BatchOutcome: Sendable, Hashable {
    /// All is durable, at this revision.
    case applied(revision: UInt64, [WriteOutcome])
    /// Some task writes did not stand. Those that did are durable; of the batch nothing was written.
    case partial([WriteOutcome])
    /// Asked to stand or fall together, and some task writes would not stand: nothing was done. Those that would have stood
    /// are `.lost` with the state as it is, and no outcome shows what a write of the same call would have made.
    case refused([WriteOutcome])
    /// The batch has another revision: nothing was done.
    case lost(current: BatchRecord?)
}

extension WriteOutcome {
    /// The write was carried out.
    package var stands: Bool {
        guard case .applied = self else { return false }
        return true
    }
}

/// One page of batches, the latest first.
public struct BatchListing: Sendable, Hashable {
    public var batches: [BatchRecord]
    /// Pass as `after` for the next page; nil at the end.
    public var next: String?

    public init(batches: [BatchRecord], next: String?) {
        self.batches = batches
        self.next = next
    }
}

/// Which alarms to list, the latest change first.
public struct AlarmQuery: Sendable, Hashable {
    public var includesCleared: Bool
    /// Empty means all.
    public var taskID: String
    /// Empty means all.
    public var kinds: Set<AlarmKind>
    /// Alarms that changed before this change; nil from the latest.
    public var before: UInt64?
    /// 1 to 1000.
    public var limit: Int

    public init(
        includesCleared: Bool = false, taskID: String = "", kinds: Set<AlarmKind> = [], before: UInt64? = nil,
        limit: Int = 100
    ) {
        self.includesCleared = includesCleared
        self.taskID = taskID
        self.kinds = kinds
        self.before = before
        self.limit = limit
    }
}

/// An alarm's change that is owed to the webhook.
public struct AlarmDelivery: Sendable, Hashable {
    /// The alarm as it was when it changed; its `change` identifies the delivery.
    public var alarm: Alarm
    /// Tries so far.
    public var attempts: UInt32
    /// 0 for a new one: due at once.
    public var dueAtMs: Int64

    public init(alarm: Alarm, attempts: UInt32 = 0, dueAtMs: Int64) {
        self.alarm = alarm
        self.attempts = attempts
        self.dueAtMs = dueAtMs
    }
}

/// Why the store could not do something.
public struct TaskStoreError: Error, Sendable, Equatable {
    public enum Code: Sendable, Equatable {
        /// No room: nothing was written and nothing was lost; goes on by itself when there is room.
        case full
        /// Another process uses the store.
        case inUse
        /// The store was written by a newer version.
        case newerSchema
        case corrupt
        /// The changes asked for are older than the kept log: read the present state and go on from its revision.
        case compacted
        /// The store was closed.
        case closed
        /// The queue of waiting writes is at its bound: try again later.
        case busy
        /// A page token that no store gave: begin from the first page.
        case noSuchPage
        case failed
    }

    public var code: Code
    /// For people: what happened and what to do.
    public var message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}

/// Where tasks are kept. Writes are durable when they return; the revision log has no gaps and is in commit order.
///
/// All methods throw `TaskStoreError`.
public protocol TaskStore: Sendable {
    /// Writes transitions; the store may put several callers' writes into one commit.
    /// - Parameter writes: 1 to 10,000.
    /// - Returns: one outcome per write, in order.
    func apply(_ writes: [TaskWrite]) async throws -> [WriteOutcome]

    /// Writes a batch's standing and the stops that it accepts in one commit.
    ///
    /// The log gets one event for the batch, with `batchId` set and no task, after those of the tasks.
    /// - Parameters:
    ///   - writes: at most 10,000.
    ///   - atomically: true to have all stand or nothing done.
    func apply(_ batch: BatchWrite, with writes: [TaskWrite], atomically: Bool) async throws -> BatchOutcome

    func state(of taskID: String) async throws -> TaskState?
    /// One entry per id, in order; nil where there is no such task. At most 10,000 ids.
    func states(of taskIDs: [String]) async throws -> [TaskState?]
    /// With passwords sealed.
    func spec(of taskID: String) async throws -> TaskSpec?
    func preCheck(of taskID: String) async throws -> PreCheckReport?
    func list(_ query: TaskQuery) async throws -> TaskPage
    func stop(id: String) async throws -> Stop?
    /// The records of the audit log about a stop, in order: the one that ended it, then later ones.
    func receipts(stopID: String) async throws -> [Receipt]
    func request(id: String) async throws -> RequestMemo?

    /// Tasks whose status is not final, page by page in order of creation: what a restarted server takes up again.
    func live(after: String?, limit: Int) async throws -> TaskPage
    /// How many tasks are in each status that is not final; statuses of no task are not in it.
    func liveCounts() async throws -> [TaskStatus: Int]

    /// Changes after a revision: whole revisions only, at most about `limit` events.
    ///
    /// The event of a deletion goes to `.unspecified`.
    /// - Throws: `.compacted` when some of them are no longer kept: read the present state and go on from its revision.
    func events(after revision: UInt64, limit: Int) async throws -> [TaskEvent]
    /// The last revision that is durable.
    func revision() async throws -> UInt64
    /// Returns when a revision above this one is durable; cancellation ends the wait.
    func waitForRevision(above revision: UInt64) async throws

    /// Keeps a task's last progress; coalesced by the caller, not in the revision log.
    func saveProgress(_ progress: [String: MigrationProgress]) async throws
    func progress(of taskID: String) async throws -> MigrationProgress?
    /// Keeps what a forced stop would leave behind; not in the revision log.
    func saveInventory(_ inventory: ObjectInventory, of taskID: String) async throws
    func inventory(of taskID: String) async throws -> ObjectInventory?

    func batch(id: String) async throws -> BatchRecord?
    /// Nil when the batch has no such page.
    func batchPage(id: String, index: UInt32) async throws -> BatchPage?
    func batches(after: String?, limit: Int) async throws -> BatchListing
    /// Batches that have not finished: what a restarted server takes up again. At most 10,000.
    func openBatches() async throws -> [BatchRecord]

    /// Records of the audit log after this one, at most 1000, in order, exactly as they are stored; fewer when they are large,
    /// none only at the end.
    func audit(after sequence: UInt64, limit: Int) async throws -> [AuditRecord]
    /// The end of the audit log, as the store keeps it apart from the records.
    func auditHead() async throws -> AuditHead

    /// Writes alarms by their id, at most 10,000; each gets the next change number. Not in the revision log.
    /// - Parameter delivers: true to owe each change to the webhook too; beyond 10,000 owed the oldest are given up.
    /// - Returns: the alarms with their change numbers.
    func saveAlarms(_ alarms: [Alarm], delivers: Bool) async throws -> [Alarm]
    func alarms(_ query: AlarmQuery) async throws -> [Alarm]
    /// Alarms that changed after this change, in order of their last change.
    func alarms(afterChange change: UInt64, limit: Int) async throws -> [Alarm]
    /// Deliveries due by now, at most 1000, the earliest first. Of each alarm only the first change that is owed: a later one
    /// never overtakes it.
    func deliveries(dueBy nowMs: Int64, limit: Int) async throws -> [AlarmDelivery]
    /// Keeps a delivery's attempts and its next time.
    func postpone(_ delivery: AlarmDelivery) async throws
    /// The delivery of this change was made, or is given up.
    func removeDelivery(change: UInt64) async throws
    /// Forgets alarms cleared before this time.
    func purgeAlarms(clearedBefore timeMs: Int64) async throws

    /// Finishes what was accepted, then closes. Later calls throw `.closed`.
    func close() async
}
