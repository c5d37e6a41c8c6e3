import Foundation
import Testing

@testable import cutover

@Suite struct FileLinesTests {
    private func lines(_ text: String, limitBytes: Int = 1 << 20) async throws -> [String] {
        try await TemporaryFolder.use { folder in
            let url = folder.appending(path: "f")
            try Data(text.utf8).write(to: url)
            var lines = FileLines(try FileHandle(forReadingFrom: url), limitBytes: limitBytes)
            var all: [String] = []
            while let line = try lines.next() { all.append(String(decoding: line, as: UTF8.self)) }
            return all
        }
    }

    @Test func linesAreReadWithAndWithoutALastBreak() async throws {
        #expect(try await lines("") == [])
        #expect(try await lines("a") == ["a"])
        #expect(try await lines("a\n\nb\n") == ["a", "", "b"])
        #expect(try await lines("a\n\nb") == ["a", "", "b"])
    }

    /// A line that spans several pieces of the file comes whole.
    @Test func longLinesAreReadWhole() async throws {
        let long = String(repeating: "x", count: 700_000)
        #expect(try await lines("a\n\(long)\nb\n\(long)") == ["a", long, "b", long])
    }

    @Test func aLineBeyondTheLimitIsAnError() async throws {
        #expect(try await lines("12345\n12345", limitBytes: 5).count == 2)
        await #expect(throws: FileLines.LineTooLong.self) { try await lines("123456\n1", limitBytes: 5) }
        await #expect(throws: FileLines.LineTooLong.self) { try await lines("1\n123456", limitBytes: 5) }
        let endless = String(repeating: "x", count: 1 << 20)
        await #expect(throws: FileLines.LineTooLong.self) { try await lines(endless, limitBytes: 1000) }
    }
}
