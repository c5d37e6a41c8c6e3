import CutoverModel
import CutoverRPC
import Synchronization
import Testing

@testable import CutoverClient

@Suite struct TaskWatchTests {
    private static func change(_ revision: UInt64, _ index: UInt32 = 0) -> WatchEvent {
        WatchEvent(
            revision: revision, event: TaskEvent(revision: revision, index: index, taskId: "t"),
            task: MigrationTask(id: "t"),
            taskId: "t")
    }

    private static let lost = RPCError(.unavailable, "going away", retryAfterMs: 1)

    @Test func aLostWatchGoesOnWithoutGapOrRepetition() async throws {
        let server = ScriptedServer(watch: { call, request, writer in
            if call == 1 {
                for event in [Self.change(7), Self.change(8, 0)] { try await writer.write(event) }
                throw Self.lost
            }
            // A revision of which only a part was delivered is told again from its beginning.
            for event in [Self.change(8, 0), Self.change(8, 1), Self.change(9)] { try await writer.write(event) }
        })
        try await server.run { client, _ in
            var seen: [[UInt64]] = []
            for try await event in client.watchTasks(["t"], afterRevision: 6) {
                let change = try #require(event.event)
                seen.append([change.revision, UInt64(change.index)])
                if change.revision == 9 { break }
            }
            #expect(seen == [[7, 0], [8, 0], [8, 1], [9, 0]])
            #expect(server.watches.prefix(2).map(\.afterRevision) == [6, 7])
        }
    }

    @Test func beforeTheFirstChangeThePresentStateIsAskedForAgain() async throws {
        let server = ScriptedServer(watch: { call, _, writer in
            try await writer.write(WatchEvent(revision: 40, task: MigrationTask(id: "t"), taskId: "t"))
            if call == 1 { throw Self.lost }
            try await writer.write(Self.change(41))
        })
        try await server.run { client, _ in
            for try await event in client.watchTasks() where event.event != nil { break }
            #expect(server.watches.prefix(2).map(\.afterRevision) == [0, 0])
        }
    }

    @Test func aListingThatIsLostHalfwayIsToldAnew() async throws {
        let server = ScriptedServer(watch: { call, _, writer in
            try await writer.write(WatchEvent(task: MigrationTask(id: "a"), taskId: "a", kind: .present))
            if call == 1 { throw Self.lost }
            try await writer.write(WatchEvent(revision: 40, kind: .presentEnd))
            if call == 2 { throw Self.lost }
        })
        try await server.run { client, _ in
            var kinds: [WatchKind] = []
            for try await event in client.watchTasks(WatchTasksRequest(nameGlob: "shop-*")) {
                kinds.append(event.kind)
                if kinds.count == 5 { break }
            }
            #expect(kinds == [.present, .relist, .present, .presentEnd, .present])
            #expect(server.watches.prefix(3).map(\.afterRevision) == [0, 0, 40])
            #expect(server.watches.allSatisfy { $0.nameGlob == "shop-*" })
        }
    }

    @Test func aServerThatRestartsIsFoundAgain() async throws {
        let server = ScriptedServer(watch: { call, _, writer in
            try await writer.write(Self.change(UInt64(call)))
            try await Task.sleep(for: .seconds(60))
        })
        try await server.run { client, handle in
            var revisions: [UInt64] = []
            for try await event in client.watchTasks() {
                revisions.append(event.revision)
                if revisions.count == 2 { break }
                await handle.stop()
                try await handle.start()
            }
            #expect(revisions == [1, 2])
        }
    }

    @Test func aRefusedWatchIsAnError() async throws {
        let server = ScriptedServer(watch: { _, _, _ in throw RPCError(.notFound, "no such task") })
        try await server.run { client, _ in
            let error = await #expect(throws: CutoverError.self) { for try await _ in client.watchTasks(["x"]) {} }
            #expect(error?.code == .notFound)
            #expect(server.watches.count == 1)
        }
    }

    @Test func aServerThatStaysAwayIsAnErrorInTheEnd() async throws {
        var configuration = CutoverClient.Configuration()
        configuration.reconnectTimeoutMs = 20
        let told = Mutex(0)
        configuration.onReconnect = { _ in told.withLock { $0 += 1 } }
        let server = ScriptedServer(watch: { _, _, _ in throw Self.lost })
        try await server.run(configuration: configuration) { client, _ in
            let error = await #expect(throws: CutoverError.self) { for try await _ in client.watchTasks() {} }
            #expect(error?.code == .unavailable)
            #expect(server.watches.count > 1)
            #expect(told.withLock { $0 } == server.watches.count - 1)
        }
    }

    @Test func aCancelledWatchEnds() async throws {
        let server = ScriptedServer(watch: { _, _, writer in
            try await writer.write(Self.change(1))
            try await Task.sleep(for: .seconds(60))
        })
        try await server.run { client, _ in
            let watching = Task { () async throws -> Int in
                var count = 0
                for try await _ in client.watchTasks() {
                    count += 1
                    withUnsafeCurrentTask { $0?.cancel() }
                }
                return count
            }
            let count = try await watching.value
            #expect(count == 1)
        }
    }
}
