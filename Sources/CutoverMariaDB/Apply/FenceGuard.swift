internal import CutoverTasks

/// The applier's view of its row in the destination's fence table.
///
/// The first statement of every transaction is an UPDATE that names our epoch and the position we start from. It takes the
/// row's lock, so a takeover waits or kills us, and it finds no row once another owner raised the epoch: a plain SELECT
/// would read an old snapshot and let one stale transaction commit.
struct FenceGuard {
    static let database = "_cutover"
    static let table = "`_cutover`.`fence`"

    let taskID: String
    let epoch: UInt64
    /// The position as stored, letter by letter.
    private(set) var storedPosition: String

    /// Reads the position that this epoch left behind.
    ///
    /// - Throws: `fenced` when the row is gone or has another epoch.
    init(reading session: MariaDBSession, taskID: String, epoch: UInt64) throws {
        let row = try session.query(
            "SELECT epoch, gtid_pos FROM \(Self.table) WHERE task=\(SQLText.string(taskID))", as: "read the fence"
        ).first
        guard let row, row.unsigned("epoch") == epoch, let position = row["gtid_pos"] else {
            throw Self.fenced
        }
        self.taskID = taskID
        self.epoch = epoch
        storedPosition = position
    }

    static let fenced = ReplicationError(.fenced, "Another owner has taken this task over at the destination.")

    private var condition: String {
        "task=\(SQLText.string(taskID)) AND epoch=\(epoch) AND gtid_pos=\(SQLText.string(storedPosition))"
    }

    /// Locks the row and proves that it is ours; within a transaction.
    func hold(_ session: MariaDBSession) throws {
        try expectOne(
            session.execute(
                "UPDATE \(Self.table) SET counter=counter+1 WHERE \(condition)", as: "check the fence"))
    }

    /// Moves the position; within a transaction, as its first statement or after ``hold(_:)``.
    mutating func advance(_ session: MariaDBSession, to position: String) throws {
        try expectOne(
            session.execute(
                """
                UPDATE \(Self.table) SET gtid_pos=\(SQLText.string(position)), counter=counter+1 WHERE \(condition)
                """, as: "move the checkpoint"))
        storedPosition = position
    }

    private func expectOne(_ result: ExecutionResult) throws {
        guard result.affectedRows == 1 else { throw Self.fenced }
    }
}
