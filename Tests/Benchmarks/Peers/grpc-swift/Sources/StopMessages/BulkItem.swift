import CBenchMeasure
public import Foundation

/// The items of the stream, as measure_item_fill writes them.
public enum BulkItem {
    private static let size = measure_item_bytes

    /// The item of a number.
    public static func bytes(_ number: UInt64) -> Data {
        var item = Data(count: size)
        item.withUnsafeMutableBytes { bytes in
            measure_item_fill(bytes.bindMemory(to: UInt8.self).baseAddress, number)
        }
        return item
    }

    /// Whether it is the item of the number; `filled` is any item that ``bytes(_:)`` gave.
    public static func isItem(_ item: Data, number: UInt64, filled: Data) -> Bool {
        item.withUnsafeBytes { bytes in
            filled.withUnsafeBytes { expected in
                measure_item_is(
                    bytes.bindMemory(to: UInt8.self).baseAddress, bytes.count, number,
                    expected.bindMemory(to: UInt8.self).baseAddress)
            }
        }
    }
}
