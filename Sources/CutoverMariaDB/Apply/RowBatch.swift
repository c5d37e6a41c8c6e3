internal import CutoverTasks

/// Row changes of one or more source transactions, arranged so that few statements carry them.
///
/// Tables that are reorderable (see ``TableDefinition/isReorderable``) keep one net change for each key: their rows are
/// independent, so deletes, updates and inserts of distinct keys may go in any order. All other changes keep the order in
/// which the source made them.
struct RowBatch {
    /// Changes of one kind on one table, to be sent as one array of rows.
    struct Run {
        var table: TableDefinition
        var kind: RowOperation.Kind
        var skipsForeignKeys: Bool
        var isLenient: Bool
        var operations: [RowOperation]
    }

    private struct NetTable {
        var table: TableDefinition
        var changes: [[ColumnValue?]: RowOperation] = [:]
    }

    private var ordered: [RowOperation] = []
    private var net: [ObjectIdentifier: NetTable] = [:]
    /// An upper bound of the memory held.
    private(set) var footprintBytes = 0
    /// Row changes added since the batch was empty.
    private(set) var rowCount = 0

    var isEmpty: Bool { rowCount == 0 }

    mutating func add(_ operation: RowOperation) throws(ReplicationError) {
        footprintBytes += operation.footprintBytes
        rowCount += 1
        guard operation.table.isReorderable else {
            ordered.append(operation)
            return
        }
        let identifier = ObjectIdentifier(operation.table)
        var entry = net[identifier] ?? NetTable(table: operation.table)
        net[identifier] = nil
        try Self.merge(operation, into: &entry)
        net[identifier] = entry
    }

    mutating func removeAll() {
        self = RowBatch()
    }

    private static func key(_ image: RowImage?, _ table: TableDefinition) throws(ReplicationError) -> [ColumnValue?] {
        guard let image else { throw divergence(table) }
        return table.key.map { image[$0] }
    }

    private static func divergence(_ table: TableDefinition) -> ReplicationError {
        ReplicationError(
            .divergence, "The source's changes of \(table.displayName) contradict each other; compare the tables.")
    }

    private static func merge(_ operation: RowOperation, into entry: inout NetTable) throws(ReplicationError) {
        let table = operation.table
        switch operation.kind {
        case .insert: try insert(operation, key: key(operation.after, table), into: &entry)
        case .delete: try delete(operation, key: key(operation.before, table), from: &entry)
        case .update:
            let old = try key(operation.before, table)
            let new = try key(operation.after, table)
            guard old != new else {
                try update(operation, key: old, in: &entry)
                return
            }
            var removal = operation
            removal.kind = .delete
            removal.after = nil
            var addition = operation
            addition.kind = .insert
            addition.before = nil
            try delete(removal, key: old, from: &entry)
            try insert(addition, key: new, into: &entry)
        }
    }

    private static func insert(
        _ operation: RowOperation, key: [ColumnValue?], into entry: inout NetTable
    ) throws(ReplicationError) {
        guard var earlier = entry.changes[key] else {
            entry.changes[key] = operation
            return
        }
        // Only a row deleted before in this batch may come back: then it was changed.
        guard earlier.kind == .delete else { throw divergence(entry.table) }
        earlier.kind = .update
        earlier.after = operation.after
        entry.changes[key] = earlier
    }

    private static func delete(
        _ operation: RowOperation, key: [ColumnValue?], from entry: inout NetTable
    ) throws(ReplicationError) {
        guard var earlier = entry.changes[key] else {
            entry.changes[key] = operation
            return
        }
        switch earlier.kind {
        case .delete: throw divergence(entry.table)
        case .insert: entry.changes[key] = nil
        case .update:
            earlier.kind = .delete
            earlier.after = nil
            entry.changes[key] = earlier
        }
    }

    private static func update(
        _ operation: RowOperation, key: [ColumnValue?], in entry: inout NetTable
    ) throws(ReplicationError) {
        guard var earlier = entry.changes[key] else {
            entry.changes[key] = operation
            return
        }
        guard earlier.kind != .delete else { throw divergence(entry.table) }
        earlier.after = operation.after
        entry.changes[key] = earlier
    }

    /// The runs to send, in an order that is safe.
    func runs() -> [Run] {
        var runs: [Run] = []
        for operation in ordered { Self.append(operation, to: &runs) }
        for entry in net.values {
            for kind in [RowOperation.Kind.delete, .update, .insert] {
                for isLenient in [false, true] {
                    let operations = entry.changes.values.filter {
                        $0.kind == kind && $0.needsLenientMode == isLenient
                    }
                    if operations.isEmpty { continue }
                    runs.append(
                        Run(
                            table: entry.table, kind: kind, skipsForeignKeys: false, isLenient: isLenient,
                            operations: operations))
                }
            }
        }
        return runs
    }

    private static func append(_ operation: RowOperation, to runs: inout [Run]) {
        let isLenient = operation.needsLenientMode
        if let last = runs.indices.last, runs[last].table === operation.table, runs[last].kind == operation.kind,
            runs[last].skipsForeignKeys == operation.skipsForeignKeys, runs[last].isLenient == isLenient
        {
            runs[last].operations.append(operation)
            return
        }
        runs.append(
            Run(
                table: operation.table, kind: operation.kind, skipsForeignKeys: operation.skipsForeignKeys,
                isLenient: isLenient, operations: [operation]))
    }
}
