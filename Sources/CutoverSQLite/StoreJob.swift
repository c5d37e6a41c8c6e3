/// One caller's call, as the writer sees it.
struct StoreJob: Sendable {
    /// Rows that it may write, about; what the bounds of the queue and of a group count.
    var size: Int
    /// Stops, batches of them and deletions may use the reserve when the disk is full: they end work or free room.
    var mayUseReserve: Bool
    /// Carries it out in the writer's transaction, again in another one should that fail.
    /// Returns what tells the caller its answer, to be called once the transaction is durable.
    var perform: @Sendable (inout CommitTransaction) throws -> @Sendable () -> Void
    /// Tells the caller that it was not carried out.
    var refuse: @Sendable (any Error) -> Void
}
