internal import Glibc

/// Writes rows in the format of LOAD DATA and cuts them into chunks.
struct RowEncoder {
    private let plan: RowPlan
    private let pipe: ChunkPipe
    private let chunkBytes: Int
    private var block: [UInt8] = []
    private var count = ChunkCount()

    /// Below the 16 bits in which the protocol counts warnings.
    private static let zeroEnumLimit: UInt32 = 60_000

    init(plan: RowPlan, pipe: ChunkPipe, chunkBytes: Int) {
        self.plan = plan
        self.pipe = pipe
        self.chunkBytes = max(1, chunkBytes)
        block.reserveCapacity(ChunkPipe.blockBytes + 4096)
    }

    mutating func append(_ row: borrowing MariaDBRawRow) throws {
        let start = block.count
        for index in 0..<row.count {
            if index > 0 { block.append(UInt8(ascii: "\t")) }
            guard let value = row.bytes(index) else {
                block.append(UInt8(ascii: "\\"))
                block.append(UInt8(ascii: "N"))
                continue
            }
            if value.count == 1, value[0] == UInt8(ascii: "0"), plan.enumIndexes.contains(index) {
                count.zeroEnums += 1
            }
            try append(value)
        }
        block.append(UInt8(ascii: "\n"))
        count.rows += 1
        count.bytes += UInt64(max(0, block.count - start))
        if block.count >= ChunkPipe.blockBytes { try flush() }
        if count.bytes >= UInt64(chunkBytes) || count.zeroEnums >= Self.zeroEnumLimit { try endChunk() }
    }

    /// Appends a value with `\t`, `\n` and `\` escaped; a large one goes out in blocks.
    private mutating func append(_ value: UnsafeRawBufferPointer) throws {
        var rest = value[...]
        while !rest.isEmpty {
            let piece = rest.prefix(ChunkPipe.blockBytes)
            rest = rest.dropFirst(piece.count)
            escape(UnsafeRawBufferPointer(rebasing: piece))
            if block.count >= ChunkPipe.blockBytes, !rest.isEmpty {
                count.bytes += UInt64(block.count)
                try flush()
            }
        }
    }

    private mutating func escape(_ bytes: UnsafeRawBufferPointer) {
        var from = 0
        for index in 0..<bytes.count {
            let escaped: UInt8
            switch bytes[index] {
            case UInt8(ascii: "\t"): escaped = UInt8(ascii: "t")
            case UInt8(ascii: "\n"): escaped = UInt8(ascii: "n")
            case UInt8(ascii: "\\"): escaped = UInt8(ascii: "\\")
            default: continue
            }
            block.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[from..<index]))
            block.append(UInt8(ascii: "\\"))
            block.append(escaped)
            from = index + 1
        }
        block.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[from...]))
    }

    private mutating func flush() throws {
        guard !block.isEmpty else { return }
        try pipe.send(.block(block))
        block.removeAll(keepingCapacity: true)
    }

    private mutating func endChunk() throws {
        guard count.rows > 0 else { return }
        try flush()
        try pipe.send(.endOfChunk(count))
        count = ChunkCount()
    }

    /// Ends the last chunk and the pipe.
    mutating func finish() throws {
        try endChunk()
        try pipe.send(.finished)
    }
}
