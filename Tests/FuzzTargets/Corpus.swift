public import Foundation

/// Inputs that are kept: the corpus, one file for each target, and the inputs that crashed once, each in a file of its own.
public enum Corpus {
    /// A line of a corpus that is not base64.
    public struct Malformed: Error, CustomStringConvertible {
        public let description: String
    }

    /// `Tests/Fuzz`, found from where this file was compiled.
    public static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Fuzz")

    /// The inputs that together reach all that was ever reached: one a line, in base64.
    public static func inputs(of name: String) throws -> [[UInt8]] {
        let file = folder.appending(path: "Corpus/\(name).txt")
        guard FileManager.default.fileExists(atPath: file.path) else { return [] }
        return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map { line in
            guard let data = Data(base64Encoded: String(line)) else {
                throw Malformed(description: "\(file.lastPathComponent): not base64: \(line.prefix(40))")
            }
            return Array(data)
        }
    }

    /// Makes the corpus of a target from a folder of files, the smallest first.
    public static func store(_ name: String, from inputs: URL) throws {
        let lines = try files(in: inputs).map { try Data(contentsOf: $0).base64EncodedString() }
        let text = Set(lines).sorted { ($0.count, $0) < ($1.count, $1) }.map { $0 + "\n" }.joined()
        try FileManager.default.createDirectory(at: folder.appending(path: "Corpus"), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: folder.appending(path: "Corpus/\(name).txt"))
    }

    /// The files of the inputs that crashed a target, or were a finding, before it was repaired.
    public static func crashes(of name: String) throws -> [URL] {
        let crashes = folder.appending(path: "Crashes/\(name)")
        return FileManager.default.fileExists(atPath: crashes.path) ? try files(in: crashes) : []
    }

    private static func files(in folder: URL) throws -> [URL] {
        try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            .sorted { $0.path < $1.path }
    }
}
