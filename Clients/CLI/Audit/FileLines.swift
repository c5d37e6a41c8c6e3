import Foundation

/// The lines of a file, read piece by piece: a file of any size takes the memory of its longest line.
struct FileLines {
    private let file: FileHandle
    private let limitBytes: Int
    private var buffer: [UInt8] = []
    /// Where the next line begins in the buffer, and how much after it holds no line break.
    private var start = 0
    private var scanned = 0
    private var isAtEnd = false

    private static let pieceBytes = 256 << 10

    /// - Parameter limitBytes: The longest line that is taken.
    init(_ file: FileHandle, limitBytes: Int) {
        self.file = file
        self.limitBytes = limitBytes
    }

    /// A line was longer than what is taken.
    struct LineTooLong: Error {}

    /// The next line without its break; nil at the end. A last line may lack its break.
    ///
    /// - Throws: ``LineTooLong``, or what reading the file throws.
    mutating func next() throws -> Data? {
        while true {
            if let end = buffer[(start + scanned)...].firstIndex(of: UInt8(ascii: "\n")) {
                defer {
                    start = end + 1
                    scanned = 0
                }
                guard end - start <= limitBytes else { throw LineTooLong() }
                return Data(buffer[start..<end])
            }
            scanned = buffer.count - start
            guard scanned <= limitBytes else { throw LineTooLong() }
            if isAtEnd {
                guard scanned > 0 else { return nil }
                defer {
                    start = buffer.count
                    scanned = 0
                }
                return Data(buffer[start...])
            }
            try fill()
        }
    }

    private mutating func fill() throws {
        buffer.removeFirst(start)
        start = 0
        guard let piece = try file.read(upToCount: Self.pieceBytes), !piece.isEmpty else {
            isAtEnd = true
            return
        }
        buffer.append(contentsOf: piece)
    }
}
