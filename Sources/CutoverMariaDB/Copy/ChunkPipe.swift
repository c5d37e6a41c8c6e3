internal import Dispatch
internal import CutoverLocking

/// A bounded pipe from the thread that reads rows to the thread that loads them.
///
/// At most ``limit`` blocks wait in it, so memory stays flat whichever side is slower.
final class ChunkPipe: Sendable {
    /// What passes through.
    enum Item: Sendable {
        /// Encoded rows; a block may end inside a row.
        case block([UInt8])
        /// The chunk is whole: commit it.
        case endOfChunk(ChunkCount)
        /// No more chunks.
        case finished
    }

    static let limit = 8
    static let blockBytes = 256 << 10

    private struct State {
        var items: [Item] = []
        var isAborted = false
        var failure: (any Error)?
    }

    private let state = Mutex(State())
    private let filled = DispatchSemaphore(value: 0)
    private let free = DispatchSemaphore(value: 0)

    init() {
        for _ in 0..<Self.limit { free.signal() }
    }

    /// Appends an item, waiting for room.
    ///
    /// - Throws: `CancellationError` after ``abort(_:)``.
    func send(_ item: Item) throws(CancellationError) {
        free.wait()
        let aborted = state.withLock { state in
            if !state.isAborted { state.items.append(item) }
            return state.isAborted
        }
        if aborted {
            free.signal()
            throw CancellationError()
        }
        filled.signal()
    }

    /// Takes the next item, waiting for one.
    func receive() throws(CancellationError) -> Item {
        filled.wait()
        let item: Item? = state.withLock { state in
            state.isAborted || state.items.isEmpty ? nil : state.items.removeFirst()
        }
        guard let item else {
            filled.signal()
            throw CancellationError()
        }
        free.signal()
        return item
    }

    /// What ended the pipe first, if it did not end well.
    var failure: (any Error)? { state.withLock { $0.failure } }

    /// Ends both sides, now and later; the first failure is kept, because the other side's is only its echo.
    func abort(_ failure: any Error) {
        state.withLock { state in
            if !state.isAborted { state.failure = failure }
            state.isAborted = true
            state.items = []
        }
        filled.signal()
        free.signal()
    }
}

/// What a chunk holds, as the reader counted it.
struct ChunkCount: Sendable, Hashable {
    var rows: UInt64 = 0
    var bytes: UInt64 = 0
    /// ENUM values of index 0: the server warns of each, rightly, and nothing else may be warned of.
    var zeroEnums: UInt32 = 0
}
