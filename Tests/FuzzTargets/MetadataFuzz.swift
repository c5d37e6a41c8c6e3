import CutoverWire
import NIOCore

/// Metadata blocks: refused or accepted as META-1 to META-5 say, and written again as the same bytes.
///
/// Input: a block.
enum MetadataFuzz {
    static let target = FuzzTarget(
        name: "metadata", maxInputBytes: WireLimits.maxMetadataBytes + 64,
        run: { bytes throws(FuzzFinding) in try run(bytes) },
        seeds: { try VectorBytes.all(.metadata) })

    private static func run(_ block: [UInt8]) throws(FuzzFinding) {
        let expected = entries(of: block)
        // Where the block lies in its buffer makes no difference.
        var buffer = ByteBuffer(bytes: [0xAA, 0xAA] + block + [0xAA])
        buffer.moveReaderIndex(forwardBy: 2)
        guard let slice = buffer.readSlice(length: block.count) else { throw FuzzFinding("no slice") }
        let metadata: Metadata
        do {
            metadata = try Metadata(decoding: slice)
        } catch {
            try expect(expected == nil, "refused as \(error), but well-formed")
            return
        }
        guard let expected else { throw FuzzFinding("accepted, but not well-formed") }
        try expectEqual(metadata.entries.map(\.key), expected.map { String(decoding: $0.key, as: UTF8.self) }, "keys")
        try expectEqual(metadata.entries.map(\.value), expected.map(\.value), "values")
        try expectEqual(metadata.encodedBytes, block.count, "encodedBytes")
        try expectEqual(metadata.isEmpty, block.isEmpty, "isEmpty")
        var written = ByteBuffer()
        metadata.write(to: &written)
        try expectEqual(Array(written.readableBytesView), block, "written again")
        for entry in metadata.entries {
            let first = metadata.entries.first { $0.key == entry.key }
            try expectEqual(metadata.first(entry.key), first?.value, "first \(entry.key)")
            if let text = metadata.firstText(entry.key) {
                try expectEqual(Array(text.utf8), first?.value ?? [], "text of \(entry.key)")
            }
        }
    }

    /// The entries as the specification reads them; nil when a rule is broken.
    private static func entries(of block: [UInt8]) -> [(key: [UInt8], value: [UInt8])]? {
        guard block.count <= 8192 else { return nil }
        let allowed = Set("abcdefghijklmnopqrstuvwxyz0123456789._-".utf8)
        var entries: [(key: [UInt8], value: [UInt8])] = []
        var at = 0
        while at < block.count {
            let keyEnd = at + 1 + Int(block[at])
            guard keyEnd + 2 <= block.count else { return nil }
            let valueStart = keyEnd + 2
            let valueEnd = valueStart + Int(block[keyEnd]) << 8 + Int(block[keyEnd + 1])
            guard valueEnd <= block.count else { return nil }
            let key = Array(block[at + 1..<keyEnd])
            guard (1...64).contains(key.count), key.allSatisfy(allowed.contains) else { return nil }
            entries.append((key, Array(block[valueStart..<valueEnd])))
            guard entries.count <= 64 else { return nil }
            at = valueEnd
        }
        return entries
    }
}
