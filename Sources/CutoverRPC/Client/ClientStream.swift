internal import CutoverWire
internal import NIOCore
internal import CutoverLocking

/// The receiving side of one server stream: messages that came and were not taken yet.
///
/// It holds at most the stream's credit and one frame, for the server may not send more, and credit is granted again
/// only as messages are taken.
final class ClientStream: Sendable {
    /// A message, and the credit that its ITEM has cost: with metadata that is more than the message.
    private struct Item: Sendable {
        let message: ByteBuffer
        let cost: UInt32
    }

    private struct State {
        var items = CircularBuffer<Item>()
        var end: Result<Void, RPCError>?
        var reader: CheckedContinuation<Item?, any Error>?
        var ungrantedBytes: UInt32 = 0
    }

    /// What one look at the stream found.
    private enum Look {
        case item(Item)
        case end(Result<Void, RPCError>)
        case nothing
    }

    let creditBytes: UInt32
    private let state = Mutex(State())

    init(creditBytes: UInt32) {
        self.creditBytes = creditBytes
    }

    /// A message came.
    /// - Parameter itemLength: that of its ITEM.
    func deliver(_ message: ByteBuffer, itemLength: UInt32) {
        let item = Item(message: message, cost: StreamCredit.cost(itemLength: itemLength))
        let reader = state.withLock { state in
            guard state.end == nil else { return CheckedContinuation<Item?, any Error>?.none }
            if let reader = state.reader {
                state.reader = nil
                return reader
            }
            state.items.append(item)
            return nil
        }
        reader?.resume(returning: item)
    }

    /// The stream ended; what came before can still be taken, unless the caller itself ended it.
    func finish(_ end: Result<Void, RPCError>) {
        let reader = state.withLock { state in
            if state.end == nil { state.end = end }
            defer { state.reader = nil }
            return state.reader
        }
        switch end {
        case .success: reader?.resume(returning: nil)
        case .failure(let error): reader?.resume(throwing: error)
        }
    }

    /// The next message, or nil at the end. One task at a time.
    func next(of call: ClientCall) async throws -> ByteBuffer? {
        let item: Item?
        switch state.withLock({ Self.look(&$0) }) {
        case .item(let found): item = found
        case .end(let end):
            try end.get()
            return nil
        case .nothing: item = try await waitForItem(of: call)
        }
        if let item { grant(item.cost, of: call) }
        return item?.message
    }

    private func waitForItem(of call: ClientCall) async throws -> Item? {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let found = state.withLock { state in
                    let found = Self.look(&state)
                    if case .nothing = found { state.reader = continuation }
                    return found
                }
                switch found {
                case .item(let item): continuation.resume(returning: item)
                case .end(.success): continuation.resume(returning: nil)
                case .end(.failure(let error)): continuation.resume(throwing: error)
                case .nothing: break
                }
            }
        } onCancel: {
            call.cancel(.user)
        }
    }

    private func grant(_ cost: UInt32, of call: ClientCall) {
        let bytes = state.withLock { state in
            state.ungrantedBytes &+= cost
            guard state.ungrantedBytes >= creditBytes / 2, state.end == nil else { return UInt32(0) }
            defer { state.ungrantedBytes = 0 }
            return state.ungrantedBytes
        }
        if bytes != 0 { call.grant(bytes) }
    }

    private static func look(_ state: inout State) -> Look {
        if let item = state.items.popFirst() { return .item(item) }
        if let end = state.end { return .end(end) }
        return .nothing
    }
}
