import CutoverMariaDB

/// Events of a binlog dump: decoded or refused, and the rows of each have the columns of their table.
///
/// Input: how they are read, then events of a type, a length (one byte, or 255 and two) and a body.
enum BinlogFuzz {
    static let target = FuzzTarget(
        name: "binlog", maxInputBytes: 4096,
        run: { bytes throws(FuzzFinding) in try run(bytes) },
        seeds: { seeds })

    private static func run(_ bytes: [UInt8]) throws(FuzzFinding) {
        var input = FuzzInput(bytes)
        let choice = input.byte()
        var decoder = BinlogDecoder(hasChecksums: false)
        var maps: [UInt64: TableMap] = [:]
        while !input.isAtEnd {
            let event: BinlogEvent
            do {
                event = try decoder.decode(packet(from: &input)).1
            } catch {
                try expect(!error.description.isEmpty, "an error without words")
                continue
            }
            switch event {
            case .tableMap(let map): maps[map.tableID] = map
            case .rows(let rows): if let map = maps[rows.tableID] { try check(rows, map, areUnsigned: choice & 1 != 0) }
            default: break
            }
        }
    }

    /// An event with the header that fits it.
    private static func packet(from input: inout FuzzInput) -> [UInt8] {
        let type = input.byte()
        var length = Int(input.byte())
        if length == 255 { length = Int(input.uint16()) }
        let body = input.bytes(atMost: length)
        let count = UInt32(19 + body.count)
        let bytes = [0, 8, 16, 24].map { UInt8(truncatingIfNeeded: count >> $0) }
        return [0, 0, 0, 0, type, 1, 0, 0, 0] + bytes + [0, 0, 0, 0, 0, 0] + body
    }

    private static func check(_ rows: RowsEvent, _ map: TableMap, areUnsigned: Bool) throws(FuzzFinding) {
        let isUnsigned = [Bool](repeating: areUnsigned, count: map.columns.count)
        do {
            try rows.forEachRow(of: map, isUnsigned: isUnsigned) { change in
                let kind: RowsEvent.Kind = change.before == nil ? .write : change.after == nil ? .delete : .update
                try expectEqual(kind, rows.kind, "images of a row")
                try check(change.before, of: map, present: rows.present)
                try check(change.after, of: map, present: rows.kind == .update ? rows.presentAfter : rows.present)
            }
        } catch let finding as FuzzFinding {
            throw finding
        } catch {
            try expect(error is BinlogDecodeError, "another error than that of a decoder: \(error)")
        }
    }

    private static func check(_ image: RowImage?, of map: TableMap, present: Bitmap) throws(FuzzFinding) {
        guard let image else { return }
        try expectEqual(image.count, map.columns.count, "columns of a row")
        for (index, value) in image.enumerated() {
            try expectEqual(value != nil, present[index], "column \(index) is there")
            if let value { try expect(!"\(value)".isEmpty, "a value without words") }
        }
    }

    // MARK: - Seeds

    private static let seeds: [[UInt8]] = [
        [0] + tableMap + event(23, rows(images: 1)), [1] + tableMap + event(24, rows(images: 2)),
        [0] + tableMap + event(25, rows(images: 1)), [0] + tableMap + event(30, rows(images: 1, extra: [2, 0])),
        [0] + event(162, [1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 2, 7, 0, 0, 0, 0, 0, 0, 0]),
        [0] + event(163, [1, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0]),
        [0] + event(2, [1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 5, 0, 0, 1, 2, 3, 4, 0x64, 0, 0x58, 0x41]),
        [0] + event(4, [4, 0, 0, 0, 0, 0, 0, 0, 0x62]) + event(16, [1, 2, 3, 4, 5, 6, 7, 8]) + event(27, [0x62]),
        [0] + event(15, [4, 0] + [UInt8](repeating: 0x31, count: 50) + [0, 0, 0, 0, 19, 56, 13, 0, 8, 0, 0, 0, 0, 0]),
    ]

    private static func event(_ type: UInt8, _ body: [UInt8]) -> [UInt8] { [type, UInt8(clamping: body.count)] + body }

    /// A column of every type: its code, its metadata, the bytes of a value.
    private static let columns: [(code: UInt8, metadata: [UInt8], value: [UInt8])] = [
        (1, [], [0x80]), (2, [], [1, 0x80]), (9, [], [1, 2, 0x80]), (3, [], [1, 2, 3, 0x80]),
        (8, [], [1, 2, 3, 4, 5, 6, 7, 0x80]), (4, [4], [0, 0, 0xC0, 0x3F]), (5, [8], [0, 0, 0, 0, 0, 0, 2, 0xC0]),
        (246, [10, 2], [0x80, 0, 0, 1, 50]), (13, [], [124]), (10, [], [0x21, 0xD0, 0x0F]), (11, [], [1, 2, 0]),
        (12, [], [0, 0, 0, 0, 0, 0, 0, 0]), (7, [], [1, 2, 3, 4]), (17, [6], [1, 2, 3, 4, 0, 0, 1]),
        (18, [3], [0x99, 0xB0, 0, 0, 0, 0, 10]), (19, [2], [0x7F, 0xFF, 0xFF, 0x9C]), (16, [3, 1], [8, 1]),
        (15, [10, 0], [2, 0x61, 0x62]), (15, [0, 4], [1, 0, 0x61]), (254, [254, 5], [1, 0x61]),
        (252, [2], [1, 0, 0x61]),
        (254, [247, 1], [2]), (254, [248, 1], [3]), (255, [4], [1, 0, 0, 0, 9]), (6, [], []),
    ]

    private static var tableMap: [UInt8] {
        let metadata = columns.flatMap(\.metadata)
        let names: [UInt8] = [1, 0x64, 0, 1, 0x74, 0]
        let bitmap = [UInt8](repeating: 0xFF, count: (columns.count + 7) / 8)
        // The signs of the numeric columns, and default collations.
        let optional: [UInt8] = [1, 2, 0xAA, 0xAA, 2, 1, 33]
        return event(
            19,
            [7, 0, 0, 0, 0, 0, 0, 0] + names + [UInt8(clamping: columns.count)] + columns.map(\.code)
                + [UInt8(clamping: metadata.count)] + metadata + bitmap + optional)
    }

    private static func rows(images: Int, extra: [UInt8] = []) -> [UInt8] {
        let present = [UInt8](repeating: 0xFF, count: (columns.count + 7) / 8)
        let image = [UInt8](repeating: 0, count: present.count) + columns.flatMap(\.value)
        let presents = (0..<images).flatMap { _ in present }
        let both = (0..<images).flatMap { _ in image }
        return [7, 0, 0, 0, 0, 0, 1, 0] + extra + [UInt8(clamping: columns.count)] + presents + both
    }
}
