import CutoverConsole
import Foundation

/// Reads ids of tasks from a file.
enum IDFile {
    /// The largest file, in bytes: room for the largest batch.
    static let limitBytes = 16 << 20

    /// The ids in the file at a path, `-` for the standard input.
    static func load(path: String) throws(UsageProblem) -> [String] {
        let name = path == "-" ? "standard input" : path
        let data: Data?
        do {
            let handle = path == "-" ? FileHandle.standardInput : try FileHandle(forReadingFrom: URL(filePath: path))
            data = try handle.read(upToCount: limitBytes + 1)
        } catch {
            throw UsageProblem("\(name): \(FileProblem.words(error))")
        }
        guard let data else { return [] }
        guard data.count <= limitBytes, let text = String(validating: data, as: UTF8.self) else {
            throw UsageProblem("\(name): is not UTF-8 text of at most \(limitBytes) bytes")
        }
        return parse(text)
    }

    /// The ids in a text: separated by blanks or line breaks; `#` begins a comment.
    static func parse(_ text: String) -> [String] {
        text.split(whereSeparator: \.isNewline).flatMap { line in
            line.prefix { $0 != "#" }.split(whereSeparator: \.isWhitespace).map(String.init)
        }
    }
}
