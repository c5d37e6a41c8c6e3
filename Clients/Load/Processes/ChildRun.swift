import Foundation
import Glibc
import Synchronization

/// One process of several that share a load.
///
/// Unchecked: `process`, `input` and `output` are set before the child is handed to another thread and not changed; the
/// methods of `Process` and `FileHandle` that are used then may be called from any thread.
final class ChildRun: @unchecked Sendable {
    let report: URL
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()

    init(report: URL, arguments: [String]) {
        self.report = report
        process.executableURL = URL(filePath: Self.ownPath)
        process.arguments = arguments + ["--processes", "1", "--wait-for-parent", "--json", report.path]
        process.standardInput = input
        process.standardOutput = output
    }

    func start() throws { try process.run() }

    /// Returns when the child has prepared its tasks, or has ended.
    func waitUntilReady() async {
        await onThread { [output] in
            var seen = Data()
            while !seen.contains(UInt8(ascii: "\n")), seen.count < 1_024 {
                guard let data = try? output.fileHandleForReading.read(upToCount: 1), !data.isEmpty else { return }
                seen.append(data)
            }
        }
    }

    /// Lets it begin.
    func begin() {
        // A child that has ended already says so by its status.
        try? input.fileHandleForWriting.write(contentsOf: Data("go\n".utf8))
    }

    func waitUntilEnded() async {
        await onThread { [process] in process.waitUntilExit() }
    }

    var status: Int32 { process.terminationStatus }

    func interrupt() {
        if process.isRunning { kill(process.processIdentifier, SIGINT) }
    }

    private func onThread(_ body: @escaping @Sendable () -> Void) async {
        await withCheckedContinuation { continuation in
            Thread {
                body()
                continuation.resume()
            }.start()
        }
    }

    private static var ownPath: String {
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
    }
}
