import CutoverRPC
import NIOCore
import StopShape

/// A stream over the connection of the calls that are measured, whose reader takes a few items, then none for as long as
/// they last, and in the end all of them.
final class StalledStream {
    /// Items taken before the stall.
    private static let itemsBefore = 4

    private var items: RPCItemSequence.AsyncIterator
    private let bytes: UInt64
    private var taken: UInt64 = 0
    private var checksum = BulkChecksum()

    init(of bytes: UInt64, on client: RPCClient) {
        self.bytes = bytes
        items = client.serverStream(BulkStream.method, BulkStream.request(bytes: bytes), options: CallOptions())
            .makeAsyncIterator()
    }

    /// Takes the first items.
    func begin() async throws {
        for _ in 0..<Self.itemsBefore {
            guard let item = try await items.next() else { throw BrokenStream("the stream ended at once") }
            add(item)
        }
    }

    /// Takes the others, and compares length and checksum with what the server says at the end.
    func finish() async throws {
        while taken < bytes {
            guard let item = try await items.next() else {
                throw BrokenStream("the stream ended after \(taken) of \(bytes) bytes")
            }
            add(item)
        }
        guard taken == bytes, let last = try await items.next(), last.readableBytes == 8,
            last.getInteger(at: last.readerIndex, as: UInt64.self) == checksum.value
        else { throw BrokenStream("\(taken) bytes came, and their checksum is not the one that the server sent") }
        guard try await items.next() == nil else { throw BrokenStream("something follows the checksum") }
    }

    private func add(_ item: ByteBuffer) {
        taken += UInt64(item.readableBytes)
        checksum.add(item)
    }
}

/// The stream was not the one that was sent.
struct BrokenStream: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
