import CutoverClient
import CutoverTestSupport
import Foundation
import Testing

extension Integration {
    /// More connections than the process may have files: the store and honest clients get what they need.
    @Suite("Attacks by connections")
    struct ConnectionAttackTests {
        @Test func silentConnectionsTakeNoFilesFromTheStore() async throws {
            // 100 that may be raised to 300: 150 for clients, 37 of them for those that have said nothing.
            let cutoverd = try await CutoverdProcess(wrapper: ["prlimit", "--nofile=100:300"])
            let files = "/proc/\(cutoverd.child.pid)/fd"
            var sockets: [RawSocket] = []
            for round in 1...5 {
                for _ in 0..<100 { sockets.append(try RawSocket(path: cutoverd.folder + "/s")) }
                let client = try cutoverd.client()
                let task = try await client.createTask(named: "task \(round)")
                #expect(try await client.stopTask(task.id, timeoutMs: 30_000).result == .stopped)
                await client.close()
                #expect(try FileManager.default.contentsOfDirectory(atPath: files).count < 200)
            }
            withExtendedLifetime(sockets) {}
            try await cutoverd.stop()
        }
    }
}
