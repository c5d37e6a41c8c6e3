/// The rows at the destination that decide who may write for a task.
///
/// A worker carries an epoch. Every destination transaction of the worker first locks the task's fence row and proves
/// that the epoch in it is its own; a takeover, or a stop, raises the epoch. So a worker that slept through a takeover
/// can commit nothing. DDL commits by itself and frees row locks, so DDL runs only under a named lock, on a session
/// that checked the epoch after it got the lock (``onDDLSession(_:_:)``).
package struct Fence: Sendable, Hashable {
    /// Where the copy and the applier stand, in the row's `state`.
    package enum State: String, Sendable {
        case empty, copying, following
    }

    /// The row as read.
    package struct Row: Sendable, Hashable {
        package var epoch: UInt64
        /// False after a retirement: the epoch belongs to nobody.
        package var isOwned: Bool
        package var state: State
        /// GTID position that the destination has durably; empty before the copy is whole.
        package var position: String
        /// When the latest source transaction that is applied or copied began, in seconds of the source's clock; 0 when that
        /// is not known.
        package var latestTransactionAt: UInt64
    }

    /// What ``parse(_:)`` needs, of a table that was brought up to date by a claim.
    static let columns = "epoch, owned, state, gtid_pos, latest_transaction_at"

    /// The database that holds what the engine keeps at the destination.
    package static let database = "_cutover"
    /// `_cutover.fence`, one row per task.
    package static let table = "`_cutover`.`fence`"
    /// `_cutover.connection`, the destination connections of each task's workers.
    static let connectionTable = "`_cutover`.`connection`"
    /// `_cutover.object`, what a task made at the destination.
    static let objectTable = "`_cutover`.`object`"
    /// `_cutover.progress`, rows copied per table.
    static let progressTable = "`_cutover`.`progress`"

    package let task: String
    package let epoch: UInt64

    package init(task: String, epoch: UInt64) {
        self.task = task
        self.epoch = epoch
    }

    /// The task as a literal.
    package var taskLiteral: String { SQLText.string(task) }

    // MARK: Statements for the first place of a transaction

    /// Moves the checkpoint, if the epoch is still ours and the position is where we left it.
    ///
    /// It must match exactly one row (``MariaDBConnectionOptions/foundRows``); the counter makes it a change even if
    /// the position stays.
    package func advanceStatement(from old: String, to new: String, latestTransactionAt: UInt64 = 0) -> String {
        """
        UPDATE \(Self.table) SET gtid_pos=\(SQLText.string(new)), counter=counter+1, \
        latest_transaction_at=GREATEST(latest_transaction_at, \(latestTransactionAt)) WHERE task=\(taskLiteral) \
        AND epoch=\(epoch) AND owned=1 AND state='following' AND gtid_pos=\(SQLText.string(old))
        """
    }

    /// Locks the row against a takeover until the transaction ends, shared among the loaders of one worker.
    package var shareStatement: String {
        "SELECT \(Self.columns) FROM \(Self.table) WHERE task=\(taskLiteral) LOCK IN SHARE MODE"
    }

    /// Runs ``shareStatement`` and throws ``MariaDBError/Code/fenced`` unless the epoch is ours.
    ///
    /// Must be the first statement of a transaction.
    package func holdShared(_ session: MariaDBSession) throws {
        try require(session.query(shareStatement, as: "check the fence").first)
    }

    /// Who may change the schema.
    package enum Authority: Sendable {
        /// The worker whose epoch the row has.
        case owner
        /// Anybody who acts for a task that was retired: no worker of it can write any more.
        case retired
    }

    /// Throws ``MariaDBError/Code/fenced`` unless the row says that we have the authority.
    func require(_ row: MariaDBRow?, _ authority: Authority = .owner) throws {
        guard let row = row.flatMap(Self.parse) else { throw Self.lost }
        switch authority {
        case .owner: guard row.epoch == epoch, row.isOwned else { throw Self.lost }
        // The row of a claim that was cut short has no owner either, but no epoch yet.
        case .retired: guard !row.isOwned, row.epoch > 0 else { throw Self.lost }
        }
    }

    static func parse(_ row: MariaDBRow) -> Row? {
        guard let epoch = row.unsigned("epoch"), let state = row["state"].flatMap(State.init(rawValue:)) else {
            return nil
        }
        return Row(
            epoch: epoch, isOwned: row["owned"] == "1", state: state, position: row["gtid_pos"] ?? "",
            latestTransactionAt: row.unsigned("latest_transaction_at") ?? 0)
    }

    package static var lost: MariaDBError {
        MariaDBError(
            code: .fenced, message: "a newer owner, or a stop, took the destination over",
            operation: "check the fence")
    }

    // MARK: Named locks

    /// The lock under which DDL runs.
    var ddlLock: String { "cutover.\(Self.lockKey(task)).ddl" }

    /// The lock that a destination connection holds for its life.
    ///
    /// Numbers of connections start again with the server; a KILL by a recorded number could hit a stranger. The
    /// holder of this lock is never a stranger.
    func connectionLock(_ connectionID: UInt64) -> String { "cutover.\(Self.lockKey(task)).c\(connectionID)" }

    /// Named locks are at most 64 characters long.
    private static func lockKey(_ task: String) -> String {
        guard task.utf8.count > 30 else { return task }
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in task.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return String(task.prefix(12)) + "-" + String(hash, radix: 16)
    }

    /// Runs DDL under the task's lock after a check of the epoch on the same session.
    ///
    /// - Parameter authority: what the row must say; else this throws ``MariaDBError/Code/fenced``.
    /// - Throws: a lock-wait error if another session of the task holds the lock for more than ten seconds.
    package func onDDLSession<Value>(
        _ session: MariaDBSession, as authority: Authority = .owner, _ body: () throws -> Value
    ) throws -> Value {
        let lock = SQLText.string(ddlLock)
        let granted = try session.query("SELECT GET_LOCK(\(lock), 10)", as: "take the DDL lock").first?[0]
        guard granted == "1" else {
            throw MariaDBError(
                code: .server, serverCode: 1205, message: "another session of this task is changing the schema",
                operation: "take the DDL lock")
        }
        do {
            let check = "SELECT * FROM \(Self.table) WHERE task=\(taskLiteral)"
            try require(session.query(check, as: "check the fence").first, authority)
            let value = try body()
            try session.execute("DO RELEASE_LOCK(\(lock))", as: "free the DDL lock")
            return value
        } catch {
            // If this fails the connection is gone, and the lock with it.
            _ = try? session.execute("DO RELEASE_LOCK(\(lock))", as: "free the DDL lock")
            throw error
        }
    }
}
