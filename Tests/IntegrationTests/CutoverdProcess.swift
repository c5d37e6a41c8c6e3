import CutoverClient
import CutoverTestSupport
import Foundation
import Glibc

/// A real `cutoverd` on a Unix socket in a temporary folder; ended by its pid.
final class CutoverdProcess {
    let folder: String
    private(set) var child: ChildProcess
    private let environment: [String: String]
    /// A command that runs the server, such as strace with its options.
    private let wrapper: [String]

    var endpoint: String { "unix:\(folder)/s" }
    var storePath: String { "\(folder)/data/cutover.db" }
    var log: String { (try? String(contentsOfFile: "\(folder)/log", encoding: .utf8)) ?? "" }

    /// The executables that were built beside this test bundle.
    static var executables: String {
        var folder = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
        while folder.path != "/", !FileManager.default.fileExists(atPath: folder.path + "/cutoverd") {
            folder.deleteLastPathComponent()
        }
        return folder.path
    }

    init(environment: [String: String] = [:], wrapper: [String] = []) async throws {
        folder = NSTemporaryDirectory() + "/cutoverd-test-\(getpid())-\(UInt32.random(in: 0 ..< .max))"
        self.environment = environment
        self.wrapper = wrapper
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        child = try Self.launch(folder, environment, wrapper)
        try await waitUntilServing()
    }

    deinit {
        child.signal(SIGCONT)
        child.signal(SIGKILL)
        while child.isRunning { usleep(2000) }
        try? FileManager.default.removeItem(atPath: folder)
    }

    private static func launch(
        _ folder: String, _ environment: [String: String], _ wrapper: [String]
    ) throws -> ChildProcess {
        let settings = environment.map { "\($0.key)=\($0.value)" }
        return try ChildProcess.start(
            "/usr/bin/env",
            settings + wrapper + [
                "\(executables)/cutoverd", "--listen", "unix:\(folder)/s", "--data-directory", "\(folder)/data",
                "--log-level", "debug",
            ], output: "\(folder)/log")
    }

    func client() throws -> CutoverClient { try CutoverClient(endpoint: endpoint) }

    func waitUntilServing() async throws {
        let client = try client()
        let deadline = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < deadline {
            guard child.isRunning else { throw TestSupportError("cutoverd ended:\n\(log.suffix(2000))") }
            if let status = try? await client.checkHealth(timeoutMs: 1_000), status == .serving {
                await client.close()
                return
            }
            try await Task.sleep(for: .milliseconds(20))
        }
        throw TestSupportError("cutoverd did not come up:\n\(log.suffix(2000))")
    }

    /// kill -9.
    func crash() async throws {
        child.signal(SIGKILL)
        guard try await child.wait(seconds: 10) else { throw TestSupportError("cutoverd survived SIGKILL") }
    }

    /// SIGTERM, and waits for the orderly end.
    func stop() async throws {
        child.signal(SIGTERM)
        guard try await child.wait(seconds: 30) else { throw TestSupportError("cutoverd ignored SIGTERM") }
    }

    func startAgain() async throws {
        child = try Self.launch(folder, environment, wrapper)
        try await waitUntilServing()
    }
}
