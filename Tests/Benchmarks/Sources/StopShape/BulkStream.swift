import CutoverModel
import CutoverProto
public import CutoverRPC
import CutoverWire
public import NIOCore

/// A stream of as many bytes as are asked for, in items of 64 KiB, with their checksum as its last item.
public enum BulkStream {
    /// No service of the product has it.
    public static let method: RPCMethod = {
        let name = "cutover.benchmarks.BulkService/Send"
        return RPCMethod(
            name: name, id: MethodID.hash(of: name), kind: .serverStream, isIdempotent: true, role: .viewer)
    }()

    private static let itemBytes: UInt64 = 64 << 10
    private static let maxBytes: UInt64 = 1 << 30

    /// Asks for so many bytes: 1 GiB at most, whole items.
    public static func request(bytes: UInt64) -> ByteBuffer {
        ByteBuffer(integer: bytes)
    }

    /// Answers a request.
    public static func send(_ request: ByteBuffer, to writer: RPCItemWriter) async throws {
        guard let asked = request.getInteger(at: request.readerIndex, as: UInt64.self), asked <= maxBytes,
            asked % itemBytes == 0
        else {
            throw RPCError(.invalidArgument, "ask for a multiple of \(itemBytes) bytes, \(maxBytes) at most")
        }
        var checksum = BulkChecksum()
        for number in 0..<asked / itemBytes {
            let item = item(number)
            checksum.add(item)
            try await writer.write(item)
        }
        try await writer.write(ByteBuffer(integer: checksum.value))
    }

    /// Bytes that differ from item to item (SplitMix64).
    private static func item(_ number: UInt64) -> ByteBuffer {
        var item = ByteBuffer()
        item.reserveCapacity(Int(itemBytes))
        var state = number << 32
        for _ in 0..<itemBytes / 8 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var word = state
            word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
            word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
            item.writeInteger(word ^ (word >> 31))
        }
        return item
    }
}

/// A checksum over the words of items, in which their order counts (FNV-1a over 64-bit words).
public struct BulkChecksum {
    public private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

    public init() {}

    /// Adds the words of an item; bytes after the last whole word do not count.
    public mutating func add(_ item: ByteBuffer) {
        item.withUnsafeReadableBytes { bytes in
            for offset in stride(from: 0, through: bytes.count - 8, by: 8) {
                value = (value ^ bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)) &* 0x100_0000_01B3
            }
        }
    }
}
