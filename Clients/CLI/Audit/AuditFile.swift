import CutoverConsole
import CutoverModel
import Foundation

/// Reads an export of the audit log from its first line to its last, in constant memory.
struct AuditFile {
    /// The path as it was given, for messages.
    let path: String

    /// What a line of an export holds.
    enum Item: Hashable {
        case event(ReadAuditEvent)
        /// Neither a record nor a head.
        case unreadable(line: UInt64)
    }

    /// Calls `body` with each line's content.
    ///
    /// - Throws: ``UsageProblem`` when the file cannot be read or is no export; what `body` throws.
    func forEach(_ body: (Item) throws -> Void) throws {
        let name = path == "-" ? "standard input" : path
        let file: FileHandle
        do {
            file = path == "-" ? .standardInput : try FileHandle(forReadingFrom: URL(filePath: path))
        } catch {
            throw UsageProblem("\(name): \(FileProblem.words(error))")
        }
        var lines = FileLines(file, limitBytes: AuditExport.lineLimitBytes)
        guard let first = try Self.next(&lines, name), AuditExport.isFirstLine(first) else {
            throw UsageProblem(
                "\(name): is no export of the audit log; `cutover audit export` makes one, whose first line is "
                    + AuditExport.firstLine)
        }
        var number: UInt64 = 1
        while let line = try Self.next(&lines, name) {
            number += 1
            try body(AuditExport.event(line).map { .event($0) } ?? .unreadable(line: number))
        }
    }

    private static func next(_ lines: inout FileLines, _ name: String) throws -> Data? {
        do {
            return try lines.next()
        } catch is FileLines.LineTooLong {
            throw UsageProblem(
                "\(name): has a line of more than \(AuditExport.lineLimitBytes) bytes; no record is so long")
        } catch {
            throw UsageProblem("\(name): cannot be read: \(FileProblem.words(error))")
        }
    }
}
