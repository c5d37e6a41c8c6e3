import CutoverModel
import Foundation
import Testing

@testable import CutoverConsole
@testable import cutover

/// Ctrl-C reaches a whole process, so the command runs in one of its own here.
@Suite struct InterruptTests {
    @Test func interruptingAWaitSaysThatTheStopGoesOn() async throws {
        var accepted = Fixtures.gracefulStop
        accepted.phase = .accepted
        accepted.endedAtMs = 0
        var draining = accepted
        draining.phase = .draining
        let services = FakeServices([
            .init(task: Fixtures.following, plan: Fixtures.gracefulPlan, stops: [accepted, draining])
        ])
        try await services.serve { address in
            let process = Process()
            process.executableURL = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
                .appending(path: "cutover")
            process.arguments = ["stop", Fixtures.following.id, "--yes", "--wait", "--server", address]
            let errors = Pipe()
            process.standardError = errors
            process.standardOutput = FileHandle.nullDevice
            try process.run()
            let handle = errors.fileHandleForReading
            // The first line shows that the command waits; only then is it interrupted.
            let text = await Task.detached {
                var data = handle.availableData
                process.interrupt()
                while case let more = handle.availableData, !more.isEmpty { data += more }
                process.waitUntilExit()
                return String(decoding: data, as: UTF8.self)
            }.value
            #expect(process.terminationStatus == CommandStatus.interrupted.rawValue)
            #expect(text.contains("crm  draining"))
            #expect(
                text.hasSuffix(
                    """
                    The stop goes on at the server; only the waiting was interrupted.
                      Follow:   cutover watch \(Fixtures.following.id)
                      Cancel:   cutover cancel-stop \(Fixtures.following.id)
                      Outcome:  cutover receipt \(Fixtures.following.id)

                    """))
        }
    }
}
