import CBenchMeasure
import CutoverModel
public import CutoverRPC
import CutoverWire
public import NIOCore

/// The stream whose speed is measured: items of 64 KiB, encoded as `cutover.benchmarks.BulkItem` is.
public enum ItemStream {
    /// No service of the product has it.
    public static let method: RPCMethod = {
        let name = "cutover.benchmarks.Bulk/Send"
        return RPCMethod(
            name: name, id: MethodID.hash(of: name), kind: .serverStream, isIdempotent: true, role: .viewer)
    }()

    private static let itemBytes = measure_item_bytes
    /// The tag of field 1, and 65,536 as a varint.
    private static let prefix: [UInt8] = [0x0A, 0x80, 0x80, 0x04]
    private static let maxItems: UInt32 = 1 << 20

    /// Asks for so many items: 1,048,576 at most.
    public static func request(items: UInt32) -> ByteBuffer {
        ByteBuffer(integer: items)
    }

    /// Answers a request.
    public static func send(_ request: ByteBuffer, to writer: RPCItemWriter) async throws {
        guard let items = request.getInteger(at: request.readerIndex, as: UInt32.self), items <= maxItems else {
            throw RPCError(.invalidArgument, "ask for \(maxItems) items at most")
        }
        for number in 0..<UInt64(items) { try await writer.write(item(number)) }
    }

    /// The item of a number.
    public static func item(_ number: UInt64) -> ByteBuffer {
        var item = ByteBuffer()
        item.reserveCapacity(prefix.count + itemBytes)
        item.writeBytes(prefix)
        item.writeWithUnsafeMutableBytes(minimumWritableBytes: itemBytes) { bytes in
            measure_item_fill(bytes.bindMemory(to: UInt8.self).baseAddress, number)
            return itemBytes
        }
        return item
    }

    /// Whether it is the item of the number; `filled` is any item that ``item(_:)`` gave.
    public static func isItem(_ item: ByteBuffer, number: UInt64, filled: ByteBuffer) -> Bool {
        guard item.readableBytes == prefix.count + itemBytes, item.readableBytesView.starts(with: prefix) else {
            return false
        }
        return item.withUnsafeReadableBytes { bytes in
            filled.withUnsafeReadableBytes { expected in
                let data = bytes.bindMemory(to: UInt8.self).baseAddress.map { $0 + prefix.count }
                let other = expected.bindMemory(to: UInt8.self).baseAddress.map { $0 + prefix.count }
                return measure_item_is(data, itemBytes, number, other)
            }
        }
    }
}
