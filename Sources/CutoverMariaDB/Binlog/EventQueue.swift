internal import Foundation

/// The bounded hand-over from the thread that reads the binlog to the thread that applies it.
///
/// Bounded in bytes: a reader that is faster than the destination waits, and TCP makes the source wait in turn. One event
/// is always let in, however large, so an event above the bound cannot block for ever.
///
/// Unchecked, because `state` is only touched with `condition` locked.
final class EventQueue: @unchecked Sendable {
    struct Item {
        var header: BinlogEventHeader
        var event: BinlogEvent
        var bytes: Int
    }

    /// What a taker gets.
    enum Taken {
        case item(Item)
        /// Nothing arrived in time.
        case idle
        /// The reader ended; everything it sent was taken.
        case ended(BinlogStream.End)
        /// The queue was closed by a cancel or by the other side's failure.
        case closed
    }

    private struct State {
        var items: [Item?] = []
        var head = 0
        var bytes = 0
        var end: BinlogStream.End?
        var isClosed = false

        var isEmpty: Bool { head == items.count }
    }

    private let condition = NSCondition()
    private var state = State()
    private let limitBytes: Int

    init(limitBytes: Int) {
        self.limitBytes = limitBytes
    }

    /// Appends an item, waiting for room; false when the queue was closed.
    func put(_ item: Item) -> Bool {
        condition.lock()
        defer { condition.unlock() }
        while !state.isClosed, !state.isEmpty, state.bytes + item.bytes > limitBytes { condition.wait() }
        guard !state.isClosed else { return false }
        state.items.append(item)
        state.bytes += item.bytes
        condition.broadcast()
        return true
    }

    /// Tells that no more items come, and why.
    func finish(_ end: BinlogStream.End) {
        condition.lock()
        if state.end == nil { state.end = end }
        condition.broadcast()
        condition.unlock()
    }

    /// Wakes both sides for good.
    func close() {
        condition.lock()
        state.isClosed = true
        state.items = []
        state.head = 0
        condition.broadcast()
        condition.unlock()
    }

    /// The next item, waiting at most `timeoutMs`; 0 does not wait.
    func take(timeoutMs: Int) -> Taken {
        condition.lock()
        defer { condition.unlock() }
        let deadline = Date(timeIntervalSinceNow: Double(timeoutMs) / 1000)
        while true {
            if state.isClosed { return .closed }
            if let item = takeHead() { return .item(item) }
            if let end = state.end { return .ended(end) }
            guard timeoutMs > 0, condition.wait(until: deadline) else { return .idle }
        }
    }

    private func takeHead() -> Item? {
        guard !state.isEmpty, let item = state.items[state.head] else { return nil }
        state.items[state.head] = nil
        state.head += 1
        if state.head == state.items.count || state.head > 4096 {
            state.items.removeFirst(state.head)
            state.head = 0
        }
        state.bytes -= item.bytes
        condition.broadcast()
        return item
    }
}
