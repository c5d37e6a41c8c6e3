import CutoverClient
import CutoverTestSupport
import Foundation

@testable import cutover_load

/// Runs `cutover-load` as its users do: as a process of its own.
struct LoadTool {
    var cutoverd: CutoverdProcess

    struct Run {
        var status: Int32
        var output: String
        var report: LoadReport?
    }

    /// Runs a line of a shell in the server's folder, with the executables in its path.
    func shell(_ line: String, seconds: Double = 120) async throws -> Run {
        let output = "\(cutoverd.folder)/load-output-\(UInt32.random(in: 0 ..< .max))"
        let child = try start(line, output: output)
        guard try await child.wait(seconds: seconds) else {
            child.signal(SIGKILL)
            throw TestSupportError("\(line) took too long")
        }
        return Run(status: try Self.status(output), output: try Self.text(output))
    }

    /// Runs the tool with these arguments and reads its report.
    func run(_ arguments: String) async throws -> Run {
        let report = "\(cutoverd.folder)/\(UInt32.random(in: 0 ..< .max)).json"
        var run = try await shell("cutover-load run \(arguments) --json \(report)")
        run.report = try? ReportFile.load(report)
        return run
    }

    /// Starts a line; its exit status is written after its output.
    func start(_ line: String, output: String) throws -> ChildProcess {
        let setting =
            "export PATH='\(CutoverdProcess.executables)':\"$PATH\" CUTOVER_ADDRESS='\(cutoverd.endpoint)'; "
            + "cd '\(cutoverd.folder)'"
        return try ChildProcess.start(
            "/bin/sh", ["-c", "\(setting); \(line); echo $? > '\(output).status'"], output: output)
    }

    static func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

    static func status(_ output: String) throws -> Int32 {
        let text = try text("\(output).status").trimmingCharacters(in: .whitespacesAndNewlines)
        guard let status = Int32(text) else { throw TestSupportError("no exit status: \(text)") }
        return status
    }

    /// How many calls of a method the server has answered.
    func answered(_ method: String) async throws -> UInt64 {
        let client = try cutoverd.client()
        let stats = try await client.serverStats()
        await client.close()
        return stats.methods.first { $0.name == "cutover.v1.\(method)" }?.answered ?? 0
    }
}
