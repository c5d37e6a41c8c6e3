/// One row of a bounded result, as text.
package struct MariaDBRow: Sendable {
    /// Column names of a result, shared by its rows.
    final class Columns: Sendable {
        let names: [String]
        let indexes: [String: Int]

        init(names: [String]) {
            self.names = names
            indexes = Dictionary(
                names.enumerated().map { ($0.element.lowercased(), $0.offset) }, uniquingKeysWith: { first, _ in first }
            )
        }
    }

    let columns: Columns
    /// The values; nil = NULL.
    package let values: [[UInt8]?]

    package var count: Int { values.count }
    package var names: [String] { columns.names }

    /// The raw bytes of a column; nil for NULL and for a column that is not there.
    package func bytes(_ index: Int) -> [UInt8]? {
        values.indices.contains(index) ? values[index] : nil
    }

    /// A column by position as UTF-8 text; nil for NULL.
    package subscript(index: Int) -> String? {
        bytes(index).map { String(decoding: $0, as: UTF8.self) }
    }

    /// A column by name, case-insensitively, as UTF-8 text; nil for NULL.
    package subscript(name: String) -> String? {
        columns.indexes[name.lowercased()].flatMap { self[$0] }
    }

    /// A column as an integer; nil for NULL and for text that is none.
    package func integer(_ name: String) -> Int64? { self[name].flatMap { Int64($0) } }
    package func unsigned(_ name: String) -> UInt64? { self[name].flatMap { UInt64($0) } }
    package func integer(_ index: Int) -> Int64? { self[index].flatMap { Int64($0) } }
}

/// One row of a streamed result, lent by the client library for the length of a callback.
package struct MariaDBRawRow: ~Copyable {
    private let row: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
    private let lengths: UnsafeMutablePointer<UInt>
    package let count: Int

    init(row: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>, lengths: UnsafeMutablePointer<UInt>, count: Int) {
        self.row = row
        self.lengths = lengths
        self.count = count
    }

    /// The bytes of a column; nil = NULL. Valid until the callback returns.
    package func bytes(_ index: Int) -> UnsafeRawBufferPointer? {
        guard index >= 0, index < count, let start = row[index] else { return nil }
        return UnsafeRawBufferPointer(start: start, count: Int(lengths[index]))
    }

    package func string(_ index: Int) -> String? {
        bytes(index).map { String(decoding: $0, as: UTF8.self) }
    }
}

/// What a statement without rows did.
package struct ExecutionResult: Sendable, Hashable {
    package var affectedRows: UInt64
    package var warnings: UInt32
    package var lastInsertID: UInt64
}
