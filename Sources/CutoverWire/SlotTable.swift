/// The states of the slots of one connection: a flat array, one byte a slot.
///
/// It grows to the highest slot used, so that a connection with few calls stays small.
public struct SlotTable: Sendable {
    public enum Slot: UInt8, Sendable {
        case free
        case unary
        case stream
    }

    /// The highest slot there is.
    public private(set) var capacity: UInt32
    /// How many slots are in use.
    public private(set) var busyCount: Int = 0
    private var slots: [Slot] = [.free]

    public init(capacity: UInt16) {
        self.capacity = UInt32(capacity)
    }

    /// Changes the highest slot; calls beyond a lower one stay until they end.
    public mutating func setCapacity(_ capacity: UInt16) {
        self.capacity = UInt32(capacity)
    }

    /// What is in `id`; nil when there is no such slot.
    @inlinable
    public subscript(id: UInt32) -> Slot? {
        guard id != 0, id <= capacity else { return nil }
        return state(of: id)
    }

    @usableFromInline
    func state(of id: UInt32) -> Slot {
        Int(id) < slots.count ? slots[Int(id)] : .free
    }

    /// Takes a slot that is free. False when it is not, or when there is no such slot.
    public mutating func occupy(_ id: UInt32, as use: Slot) -> Bool {
        guard self[id] == .free, use != .free else { return false }
        while slots.count <= Int(id) { slots.append(.free) }
        slots[Int(id)] = use
        busyCount += 1
        return true
    }

    /// Frees a slot. False when it was free already or never existed.
    public mutating func release(_ id: UInt32) -> Bool {
        guard Int(id) < slots.count, slots[Int(id)] != .free else { return false }
        slots[Int(id)] = .free
        busyCount -= 1
        return true
    }
}
