/// One change of a row that waits to be sent to the destination.
struct RowOperation {
    enum Kind: Hashable { case insert, update, delete }

    var table: TableDefinition
    var kind: Kind
    var before: RowImage?
    var after: RowImage?
    /// The source made the change with foreign_key_checks off.
    var skipsForeignKeys: Bool

    init(table: TableDefinition, change: RowChange, kind: Kind, skipsForeignKeys: Bool) {
        self.table = table
        self.kind = kind
        before = change.before
        after = change.after
        self.skipsForeignKeys = skipsForeignKeys
    }

    /// Whether strict mode refuses the row although the source has it: an ENUM of index 0 ("" after an error).
    var needsLenientMode: Bool {
        after?.contains { if case .enumeration(0) = $0 { true } else { false } } ?? false
    }

    var footprintBytes: Int {
        func size(_ image: RowImage?) -> Int { image?.reduce(0) { $0 + ($1?.footprintBytes ?? 0) } ?? 0 }
        return 96 + size(before) + size(after)
    }
}
