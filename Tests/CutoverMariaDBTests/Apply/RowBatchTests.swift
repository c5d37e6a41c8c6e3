import CutoverTasks
import Testing

@testable import CutoverMariaDB
import TestRandom

/// How changes of rows are joined and ordered.
@Suite struct RowBatchTests {
    private func table(reorderable: Bool) -> TableDefinition {
        func column(_ name: String) -> ColumnDefinition {
            ColumnDefinition(
                name: name, dataType: "int", isUnsigned: false, isGenerated: false, characterSet: nil, byteLength: nil,
                fractionDigits: 0)
        }
        return TableDefinition(
            database: "d", table: "t", kind: .base, columns: [column("id"), column("v")], key: [0],
            hasOtherUniqueKeys: false, hasForeignKeys: !reorderable)
    }

    private func image(_ row: (Int64, Int64)?) -> RowImage? { row.map { [.int($0.0), .int($0.1)] } }

    private func operation(
        _ table: TableDefinition, _ kind: RowOperation.Kind, _ before: (Int64, Int64)?, _ after: (Int64, Int64)?
    ) -> RowOperation {
        RowOperation(
            table: table, change: RowChange(before: image(before), after: image(after)), kind: kind,
            skipsForeignKeys: false)
    }

    private func summary(_ batch: RowBatch) -> [String] {
        batch.runs().flatMap { run in run.operations.map { "\(run.kind) \(value($0.before)) \(value($0.after))" } }
    }

    private func value(_ image: RowImage?) -> String {
        guard let image else { return "-" }
        return image.map { if case .int(let number) = $0 { "\(number)" } else { "?" } }.joined(separator: "/")
    }

    @Test func changesOfOneKeyBecomeOne() throws {
        let table = table(reorderable: true)
        var batch = RowBatch()
        try batch.add(operation(table, .update, (1, 1), (1, 2)))
        try batch.add(operation(table, .update, (1, 2), (1, 3)))
        #expect(summary(batch) == ["update 1/1 1/3"])
        try batch.add(operation(table, .delete, (1, 3), nil))
        #expect(summary(batch) == ["delete 1/1 -"])
        try batch.add(operation(table, .insert, nil, (1, 9)))
        #expect(summary(batch) == ["update 1/1 1/9"])
        #expect(batch.rowCount == 4)
        try batch.add(operation(table, .update, (1, 9), (2, 9)))
        #expect(summary(batch) == ["delete 1/1 -", "insert - 2/9"])
        try batch.add(operation(table, .delete, (2, 9), nil))
        #expect(summary(batch) == ["delete 1/1 -"])
    }

    @Test func contradictionsAreDivergence() throws {
        let table = table(reorderable: true)
        var batch = RowBatch()
        try batch.add(operation(table, .delete, (1, 1), nil))
        #expect(throws: ReplicationError.self) { try batch.add(operation(table, .delete, (1, 1), nil)) }
        var other = RowBatch()
        try other.add(operation(table, .insert, nil, (1, 1)))
        #expect(throws: ReplicationError.self) { try other.add(operation(table, .insert, nil, (1, 1))) }
    }

    @Test func tablesTiedTogetherKeepTheirOrder() throws {
        let table = table(reorderable: false)
        var batch = RowBatch()
        try batch.add(operation(table, .insert, nil, (1, 1)))
        try batch.add(operation(table, .insert, nil, (2, 1)))
        try batch.add(operation(table, .update, (1, 1), (3, 1)))
        try batch.add(operation(table, .insert, nil, (1, 1)))
        #expect(batch.runs().map(\.operations.count) == [2, 1, 1])
        #expect(summary(batch) == ["insert - 1/1", "insert - 2/1", "update 1/1 3/1", "insert - 1/1"])
    }

    @Test(arguments: [UInt64.random(in: 1...UInt64.max)])
    func aRandomHistoryEndsInTheSameRows(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let table = table(reorderable: true)
        var expected: [Int64: Int64] = [:]
        for key in 0..<10 where Bool.random(using: &random) { expected[Int64(key)] = 0 }
        var applied = expected
        var batch = RowBatch()
        for step in 1...2000 {
            let key = Int64.random(in: 0..<20, using: &random)
            let target = Int64.random(in: 0..<20, using: &random)
            if let old = expected[key] {
                if Bool.random(using: &random) {
                    try batch.add(operation(table, .delete, (key, old), nil))
                    expected[key] = nil
                } else if target == key || expected[target] == nil {
                    try batch.add(operation(table, .update, (key, old), (target, Int64(step))))
                    expected[key] = nil
                    expected[target] = Int64(step)
                }
            } else {
                try batch.add(operation(table, .insert, nil, (key, Int64(step))))
                expected[key] = Int64(step)
            }
            guard step % 50 == 0 else { continue }
            for run in batch.runs() {
                for change in run.operations {
                    if case .int(let key)? = change.before?[0] { #expect(applied.removeValue(forKey: key) != nil) }
                    if case .int(let key)? = change.after?[0], case .int(let value)? = change.after?[1] {
                        #expect(applied.updateValue(value, forKey: key) == nil)
                    }
                }
            }
            batch.removeAll()
            #expect(applied == expected, "seed \(seed), step \(step)")
        }
    }
}
