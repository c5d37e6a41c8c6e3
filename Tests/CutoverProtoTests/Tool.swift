import Foundation

/// Runs protoc and the plugin.
enum Tool {
    struct Outcome {
        var status: Int32
        var output: [UInt8]
        var errors: String
    }

    struct Missing: Error {
        var what: String
    }

    /// The folder of the definitions.
    static let definitions: URL = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("proto")

    /// The plugin that was built along with the tests.
    static func plugin() throws -> String {
        var folder = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
        for _ in 0..<4 {
            let candidate = folder.appendingPathComponent("protoc-gen-cutover").path
            if FileManager.default.isExecutableFile(atPath: candidate) { return candidate }
            folder.deleteLastPathComponent()
        }
        throw Missing(what: "protoc-gen-cutover beside the tests")
    }

    /// Runs protoc in `folder`, with input and output through files so that neither side can block.
    static func protoc(_ arguments: [String], input: [UInt8] = [], in folder: URL = definitions) throws -> Outcome {
        try withFolder { work in
            let files = ["in", "out", "err"].map { work.appendingPathComponent($0) }
            try Data(input).write(to: files[0])
            try Data().write(to: files[1])
            try Data().write(to: files[2])
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            process.arguments = ["protoc", "-I.", "-I/usr/include"] + arguments
            process.currentDirectoryURL = folder
            process.standardInput = try FileHandle(forReadingFrom: files[0])
            process.standardOutput = try FileHandle(forWritingTo: files[1])
            process.standardError = try FileHandle(forWritingTo: files[2])
            try process.run()
            process.waitUntilExit()
            return Outcome(
                status: process.terminationStatus, output: [UInt8](try Data(contentsOf: files[1])),
                errors: String(decoding: try Data(contentsOf: files[2]), as: UTF8.self))
        }
    }

    static func withFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("cutover-proto-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        return try body(folder)
    }

    /// The files of the definitions, as protoc takes them.
    static func definitionFiles() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: definitions.appendingPathComponent("cutover/v1").path)
            .filter { $0.hasSuffix(".proto") }.sorted().map { "cutover/v1/" + $0 }
    }
}
