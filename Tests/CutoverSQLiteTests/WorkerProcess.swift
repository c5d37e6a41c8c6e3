import Foundation
import Testing

/// Another process: `store-worker`, or a tool of the system; its output goes to a file, so that a kill loses nothing.
final class WorkerProcess: Sendable {
    private let process: Process
    private let ended: Task<Int32, Never>
    private let outputPath: String

    /// - Parameters:
    ///   - folder: where the output is kept.
    ///   - input: standard input; the default is empty.
    init(_ executable: String, _ arguments: [String], folder: String, input: Any = FileHandle.nullDevice) throws {
        outputPath = folder + "/output-\(UUID().uuidString)"
        try Data().write(to: URL(fileURLWithPath: outputPath))
        let output = try FileHandle(forWritingTo: URL(fileURLWithPath: outputPath))
        let process = Process()
        process.executableURL = URL(fileURLWithPath: executable)
        process.arguments = arguments
        process.standardOutput = output
        process.standardError = output
        process.standardInput = input
        let (stream, continuation) = AsyncStream.makeStream(of: Int32.self)
        process.terminationHandler = {
            continuation.yield($0.terminationStatus)
            continuation.finish()
        }
        try process.run()
        ended = Task {
            for await status in stream { return status }
            return -1
        }
        self.process = process
    }

    /// `store-worker`, which the package builds beside the tests.
    static func storeWorker(_ arguments: [String], folder: String, input: Any = FileHandle.nullDevice) throws
        -> WorkerProcess
    {
        try WorkerProcess(storeWorkerPath(), arguments, folder: folder, input: input)
    }

    static func storeWorkerPath() throws -> String {
        let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let path = (own as NSString).deletingLastPathComponent + "/store-worker"
        try #require(
            FileManager.default.isExecutableFile(atPath: path), "build the product store-worker first: \(path)")
        return path
    }

    /// Complete lines so far; a last one without its end was being written when the process died.
    func lines() throws -> [Substring] {
        let text = String(decoding: try Data(contentsOf: URL(fileURLWithPath: outputPath)), as: UTF8.self)
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        lines.removeLast()
        return lines
    }

    /// Waits until the output has so many lines or the process has ended.
    func waitForLines(_ count: Int) async throws {
        for _ in 0..<6000 {
            if try lines().count >= count || !process.isRunning { return }
            try await Task.sleep(for: .milliseconds(5))
        }
        Issue.record("the process wrote no \(count) lines in 30 seconds")
    }

    func kill() {
        if process.isRunning { Foundation.kill(process.processIdentifier, SIGKILL) }
    }

    func waitUntilExit() async -> Int32 { await ended.value }

    var identifier: Int32 { process.processIdentifier }

    /// Runs a tool to its end.
    /// - Returns: its exit status and its output.
    static func run(_ executable: String, _ arguments: [String], folder: String) async throws -> (Int32, [Substring]) {
        let process = try WorkerProcess(executable, arguments, folder: folder)
        let status = await process.waitUntilExit()
        return (status, try process.lines())
    }
}
