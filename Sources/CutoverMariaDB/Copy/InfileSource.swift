internal import CMariaDB
internal import Glibc

/// Feeds LOAD DATA LOCAL from a pipe, through the client library's callbacks.
///
/// Used on one thread, that of the loading connection.
final class InfileSource {
    private let pipe: ChunkPipe
    private var block: [UInt8] = []
    private var offset = 0
    private var hasBlock = false
    /// What the reader counted, once the chunk's end was seen.
    private(set) var count: ChunkCount?
    private(set) var isAborted = false

    init(_ pipe: ChunkPipe) { self.pipe = pipe }

    /// Waits for the next chunk; false when there is none.
    func prepareChunk() throws -> Bool {
        count = nil
        switch try pipe.receive() {
        case .block(let bytes):
            take(bytes)
            return true
        case .endOfChunk(let count):
            self.count = count
            return true
        case .finished: return false
        }
    }

    private func take(_ bytes: [UInt8]) {
        block = bytes
        offset = 0
        hasBlock = true
    }

    /// Bytes written to `buffer`; 0 at the chunk's end, -1 after an abort.
    fileprivate func read(_ buffer: UnsafeMutablePointer<CChar>, _ capacity: Int) -> Int {
        while !hasBlock || offset == block.count {
            guard count == nil else { return 0 }
            do {
                switch try pipe.receive() {
                case .block(let bytes): take(bytes)
                case .endOfChunk(let count):
                    self.count = count
                    return 0
                case .finished:
                    isAborted = true
                    return -1
                }
            } catch {
                isAborted = true
                return -1
            }
        }
        let length = min(capacity, block.count - offset)
        block.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return }
            memcpy(buffer, base + offset, length)
        }
        offset += length
        return length
    }
}

extension MariaDBSession {
    /// Runs LOAD DATA LOCAL with rows from a source.
    func load(_ sql: String, from source: InfileSource, as operation: String) throws -> ExecutionResult {
        mysql_set_local_infile_handler(
            handle,
            { state, _, userData in
                state?.pointee = userData
                return 0
            },
            { state, buffer, capacity in
                guard let state, let buffer else { return -1 }
                let source = Unmanaged<InfileSource>.fromOpaque(state).takeUnretainedValue()
                return Int32(source.read(buffer, Int(capacity)))
            },
            { _ in },
            { _, buffer, capacity in
                if capacity > 0 { buffer?[0] = 0 }
                return Int32(CR_UNKNOWN_ERROR)
            }, Unmanaged.passUnretained(source).toOpaque())
        defer {
            mysql_set_local_infile_handler(handle, { _, _, _ in 1 }, { _, _, _ in -1 }, { _ in }, { _, _, _ in 0 }, nil)
        }
        return try withExtendedLifetime(source) { try execute(sql, as: operation) }
    }
}
