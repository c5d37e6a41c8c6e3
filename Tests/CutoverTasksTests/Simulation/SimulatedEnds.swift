import CutoverTasks

/// What the source and the destination of a task truly hold; nobody's memory.
///
/// The source's history has two domains in one binlog order, and a clock of its own that never goes back.
struct SimulatedEnds {
    struct Transaction {
        var position: GTIDPosition
        var second: Int64
    }

    /// In binlog order, each with the source's position after it.
    private(set) var transactions: [Transaction] = []
    /// The source's clock.
    var second: Int64 = 100
    /// How many of the source's transactions the destination has.
    var applied = 0
    var fenceEpoch: UInt64 = 0
    var isOwned = false
    var isCopied = false
    var isSourceUp = true
    var isDestinationUp = true
    var isFenced = true

    init(isFenced: Bool = true) {
        self.isFenced = isFenced
        commit(domain: 0)
        commit(domain: 1)
    }

    /// The source's position after so many transactions.
    func position(_ count: Int) -> GTIDPosition {
        count == 0 ? GTIDPosition() : transactions[count - 1].position
    }

    var sourcePosition: GTIDPosition { position(transactions.count) }
    var appliedPosition: GTIDPosition { position(applied) }

    mutating func commit(domain: UInt32) {
        var position = sourcePosition
        let sequence = (position.elements[domain]?.sequence ?? 0) + 1
        position.advance(domain: domain, to: GTIDPosition.Element(serverID: domain + 1, sequence: sequence))
        transactions.append(Transaction(position: position, second: second))
    }

    /// How many transactions lie before the first one that began after a second.
    func count(until second: Int64) -> Int {
        transactions.firstIndex { $0.second > second } ?? transactions.count
    }

    /// A transaction of a worker at this epoch, which the fence lets through or not.
    mutating func write(epoch: UInt64, _ body: (inout SimulatedEnds) -> Void) -> Bool {
        guard isDestinationUp, !isFenced || (isOwned && fenceEpoch == epoch) else { return false }
        body(&self)
        return true
    }
}
