internal import CutoverTasks

/// The applier's hold on the task's fence row: whose it is, and the position stored in it.
///
/// The first statement of every transaction is an UPDATE that names our epoch and the position we start from. It takes the
/// row's lock, so a takeover waits or kills us, and it finds no row once another owner raised the epoch: a plain SELECT
/// would read an old snapshot and let one stale transaction commit.
struct FenceGuard {
    let fence: Fence
    /// The position as stored, letter by letter.
    private(set) var storedPosition: String
    /// When the latest transaction that the destination had then began, in seconds of the source's clock.
    let latestTransactionAt: UInt64

    /// Reads the position that this epoch left behind.
    ///
    /// - Throws: `fenced` when the row is gone, has another epoch or no owner; `positionLost` before the copy is whole.
    init(reading session: MariaDBSession, fence: Fence) throws {
        let row = try session.query(
            "SELECT \(Fence.columns) FROM \(Fence.table) WHERE task=\(fence.taskLiteral)", as: "read the checkpoint"
        ).first.flatMap(Fence.parse)
        guard let row, row.epoch == fence.epoch, row.isOwned else { throw Fence.lost }
        guard row.state == .following else {
            throw ReplicationError(.positionLost, "The full copy is not whole, so there is no position to follow from.")
        }
        self.fence = fence
        storedPosition = row.position
        latestTransactionAt = row.latestTransactionAt
    }

    /// Locks the row and proves that it is ours; the first statement of a transaction.
    func hold(_ session: MariaDBSession) throws {
        try expectOne(
            session.execute(
                fence.advanceStatement(from: storedPosition, to: storedPosition), as: "check the fence"))
    }

    /// Moves the position; within a transaction, as its first statement or after ``hold(_:)``.
    ///
    /// - Parameter latestTransactionAt: the latest begin of a transaction on the way, in seconds of the source's clock.
    mutating func advance(_ session: MariaDBSession, to position: String, latestTransactionAt: UInt32) throws {
        try expectOne(
            session.execute(
                fence.advanceStatement(
                    from: storedPosition, to: position, latestTransactionAt: UInt64(latestTransactionAt)),
                as: "move the checkpoint"))
        storedPosition = position
    }

    private func expectOne(_ result: ExecutionResult) throws {
        guard result.affectedRows == 1 else { throw Fence.lost }
    }
}
