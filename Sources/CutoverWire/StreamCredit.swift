/// How much one end of a stream may still send (PROTOCOL.md, "Server streams").
///
/// An ITEM may be sent while the balance is above 0, so that it goes below by at most one frame. Both ends keep
/// the same count: the server to know when to wait, the client to notice a server that does not.
public struct StreamCredit: Sendable, Hashable {
    /// Bytes left; below 0 by at most one frame.
    public private(set) var balance: Int64

    @inlinable
    public var canSend: Bool { balance > 0 }

    public init(initial: UInt32) {
        balance = Int64(initial)
    }

    /// Adds credit. False when the balance would be over 2^31-1, which is a violation.
    public mutating func add(_ bytes: UInt32) -> Bool {
        let sum = balance &+ Int64(bytes)
        guard sum <= Int64(Int32.max) else { return false }
        balance = sum
        return true
    }

    /// Takes the cost of one ITEM. False when there was no credit for it, which from a peer is a violation.
    public mutating func take(itemLength: UInt32) -> Bool {
        guard balance > 0 else { return false }
        balance &-= Int64(Self.cost(itemLength: itemLength))
        return true
    }

    /// What an ITEM of `itemLength` bytes costs: its length, and never less than 64.
    public static func cost(itemLength: UInt32) -> UInt32 {
        max(WireLimits.minItemCost, itemLength)
    }
}
