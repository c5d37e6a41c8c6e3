import CutoverClient
import CutoverTestSupport
import Foundation
import Testing

extension Integration {
    @Suite("The server process")
    struct ServerTests {
        /// kill -9 cannot see a missing fsync: count them. Each revision is one commit, and each commit syncs.
        @Test func everyCommitIsSynced() async throws {
            let counts = NSTemporaryDirectory() + "/syncs-\(UInt32.random(in: 0 ..< .max))"
            defer { try? FileManager.default.removeItem(atPath: counts) }
            let cutoverd = try await CutoverdProcess(
                wrapper: ["strace", "-f", "-c", "-o", counts, "-e", "trace=fdatasync,fsync"])
            let client = try cutoverd.client()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for caller in 0..<8 {
                    group.addTask {
                        for turn in 0..<10 {
                            let task = try await client.createTask(named: "t\(caller)-\(turn)")
                            #expect(try await client.stopTask(task.id, timeoutMs: 30_000).result == .stopped)
                        }
                    }
                }
                try await group.waitForAll()
            }
            let commits = try await client.listTasks(ListTasksRequest(pageSize: 1)).revision
            // strace passes no signal on: the server itself must end for the counts to be written.
            let server = try #require(
                try String(
                    contentsOfFile: "/proc/\(cutoverd.child.pid)/task/\(cutoverd.child.pid)/children", encoding: .utf8
                )
                .split(separator: " ").first.flatMap { Int32($0) })
            kill(server, SIGTERM)
            #expect(try await cutoverd.child.wait(seconds: 30))
            let report = try String(contentsOfFile: counts, encoding: .utf8)
            let syncs = report.split(separator: "\n").filter { $0.hasSuffix("sync") }
                .compactMap { $0.split(separator: " ").dropFirst(3).first.flatMap { UInt64($0) } }.reduce(0, +)
            print("240 acknowledged writes, \(commits) commits, \(syncs) syncs")
            #expect(commits > 0 && commits <= 240)
            #expect(syncs >= commits)
        }

        @Test func aSecondServerOnTheSameStoreIsRefused() async throws {
            let cutoverd = try await CutoverdProcess()
            let said = cutoverd.folder + "/second"
            let second = try ChildProcess.start(
                "\(CutoverdProcess.executables)/cutoverd",
                ["--listen", "unix:\(cutoverd.folder)/s2", "--data-directory", "\(cutoverd.folder)/data"], output: said)
            #expect(try await second.wait(seconds: 30))
            let text = try String(contentsOfFile: said, encoding: .utf8)
            #expect(text.contains("\(cutoverd.child.pid)") && text.contains("cutoverd:"), "\(text)")
            #expect(try await cutoverd.client().checkHealth() == .serving)
        }

        @Test func aBatchOfAHundredThousandIdsFitsOneFrame() async throws {
            let cutoverd = try await CutoverdProcess()
            let client = try cutoverd.client()
            let task = try await client.createTask(named: "one")
            var ids = (1..<100_000).map { "00000000-0000-0000-0000-" + String(format: "%012d", $0) }
            ids.append(task.id)
            var summary: BatchSummary?
            for try await event in client.batchStop(BatchStopRequest(taskIds: ids)) {
                if let last = event.summary { summary = last }
            }
            #expect(summary?.items == 100_000)
            #expect(summary?.unknown == 99_999)
            #expect(summary?.stopped == 1)
            await #expect(throws: CutoverError.self) {
                for try await _ in client.batchStop(BatchStopRequest(taskIds: ids + ["one-too-many"])) {}
            }
        }
    }
}
