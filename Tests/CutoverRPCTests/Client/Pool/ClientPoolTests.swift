import CutoverWire
import Logging
import NIOCore
import Synchronization
import Testing

@testable import CutoverRPC

@Suite struct ClientPoolTests {
    /// What callers saw.
    final class Counts: Sendable {
        let isOver = Atomic<Bool>(false)
        let failed = Atomic<Int>(0)
        let answered = Atomic<Int>(0)
    }

    func client(
        _ servers: [TestServer], _ change: (inout RPCClientConfiguration) -> Void = { _ in }
    ) -> RPCClient {
        var configuration = RPCClientConfiguration(endpoints: servers.map { .tcp(host: "127.0.0.1", port: $0.port) })
        change(&configuration)
        return RPCClient(configuration: configuration, logger: Logger(label: "test"))
    }

    /// Calls sleep for `sleepMs` at the server, `count` of them at once; how many failed.
    func failures(_ client: RPCClient, count: Int, sleepMs: UInt32) async -> Int {
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<count {
                group.addTask {
                    let sent = ByteBuffer(integer: sleepMs)
                    return (try? await client.unary(TestMethod.sleep, sent, options: timeout(20_000))) == sent
                }
            }
            var failed = 0
            for await isRight in group where !isRight { failed += 1 }
            return failed
        }
    }

    @Test func connectionsAreAddedWhileTheOthersAreBusy() async throws {
        try await TestServer.with { server in
            let client = client([server]) { $0.connectionsPerEndpoint = 4 }
            for _ in 0..<20 { _ = try await client.unary(TestMethod.echo, ByteBuffer(), options: timeout(5_000)) }
            #expect(server.server.connectionCount == 1, "calls one after the other need one")
            for _ in 0..<50 where server.server.connectionCount < 4 {
                #expect(await failures(client, count: 16, sleepMs: 20) == 0)
            }
            #expect(await failures(client, count: 64, sleepMs: 100) == 0)
            #expect(server.server.connectionCount == 4)
            await client.shutdown(grace: .seconds(1))
        }
    }

    @Test func theServersShareTheCalls() async throws {
        try await TestServer.with { first in
            try await TestServer.with { second in
                let client = client([first, second])
                #expect(await failures(client, count: 1, sleepMs: 1) == 0)
                #expect(await eventually { first.server.connectionCount == 1 && second.server.connectionCount == 1 })
                // Both have answered HELLO by then, or are passed over until they have.
                try await Task.sleep(for: .milliseconds(50))
                #expect(await failures(client, count: 40, sleepMs: 300) == 0)
                let counts = [first, second].map { $0.seen.started.load(ordering: .relaxed) }
                #expect(counts.reduce(0, +) == 41)
                #expect(counts.allSatisfy { $0 >= 20 }, "\(counts)")
                await client.shutdown(grace: .seconds(1))
            }
        }
    }

    @Test func aServerThatIsDownCostsNoCall() async throws {
        let gone = try await TestServer.start()
        await gone.server.shutdown(grace: .zero)
        try await TestServer.with { server in
            for servers in [[gone, server], [server, gone]] {
                let client = client(servers) { $0.maxAttempts = 1 }
                for _ in 0..<50 {
                    _ = try await client.unary(TestMethod.echo, ByteBuffer(), options: timeout(5_000))
                }
                await client.shutdown(grace: .zero)
            }
        }
    }

    @Test func withEveryServerDownACallFailsAndSaysSo() async throws {
        let gone = try await TestServer.start()
        await gone.server.shutdown(grace: .zero)
        let client = client([gone, gone]) { $0.maxAttempts = 3 }
        let error = await #expect(throws: RPCError.self) {
            try await client.unary(TestMethod.echo, ByteBuffer(), options: timeout(10_000))
        }
        #expect(error?.reason == RPCError.Reason.connectFailed)
        #expect(error?.isNotExecuted == true)
        await client.shutdown(grace: .zero)
    }

    @Test func aClientWithoutAnEndpointSaysSo() async throws {
        let client = client([])
        let error = await #expect(throws: RPCError.self) {
            try await client.unary(TestMethod.echo, ByteBuffer(), options: timeout(1_000))
        }
        #expect(error?.status == .invalidArgument)
        await client.shutdown(grace: .zero)
    }

    @Test func theNextAttemptGoesToAnotherServer() async throws {
        let full: (inout RPCServerConfiguration) -> Void = { $0.maxLiveHandlersByMethod = [TestMethod.echo.name: 0] }
        try await TestServer.with(full) { full in
            try await TestServer.with { server in
                let client = client([full, server]) { $0.maxAttempts = 2 }
                for _ in 0..<30 {
                    let sent = ByteBuffer(string: "again")
                    let answer = try await client.unary(TestMethod.echo, sent, options: timeout(5_000))
                    #expect(answer == sent)
                }
                await client.shutdown(grace: .zero)
            }
        }
    }

    @Test func theBudgetEndsTheAttempts() async throws {
        let monitor = RPCServerMonitor()
        try await TestServer.with({
            $0.maxLiveHandlersByMethod = [TestMethod.echo.name: 0]
            $0.overloadRetryAfterMs = 1
            $0.monitor = monitor
        }) { server in
            let client = client([server]) {
                $0.limits.maxInFlight = 100
                $0.maxAttempts = 5
                $0.backoffBaseMs = 1
                $0.backoffMaxMs = 1
            }
            for _ in 0..<60 {
                await #expect(throws: RPCError.self) {
                    try await client.unary(TestMethod.echo, ByteBuffer(), options: timeout(5_000))
                }
            }
            let statistics = monitor.statistics?.methods.first { $0.method == TestMethod.echo }
            // 60 first attempts, the 100 tokens there were at first, and the tenths that 60 calls have added.
            #expect((160...166).contains(statistics?.answered ?? 0), "\(String(describing: statistics))")
            await client.shutdown(grace: .zero)
        }
    }

    @Test func noCallFailsWhileTwoServersAreRestartedInTurn() async throws {
        var servers = [try await TestServer.start(), try await TestServer.start()]
        let client = client(servers) { $0.connectionsPerEndpoint = 2 }
        let counts = Counts()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<16 {
                group.addTask {
                    while !counts.isOver.load(ordering: .relaxed) {
                        // Not idempotent: a call that was lost would fail.
                        let answer = try? await client.unary(
                            TestMethod.sleep, ByteBuffer(integer: UInt32(3)), options: timeout(20_000))
                        if answer == nil {
                            counts.failed.wrappingAdd(1, ordering: .relaxed)
                        } else {
                            counts.answered.wrappingAdd(1, ordering: .relaxed)
                        }
                    }
                }
            }
            for round in 0..<6 {
                let before = counts.answered.load(ordering: .relaxed)
                #expect(await eventually { counts.answered.load(ordering: .relaxed) > before + 100 })
                let old = servers[round % 2]
                await old.server.shutdown(grace: .seconds(10))
                servers[round % 2] = try await TestServer.start {
                    $0.endpoint = .tcp(host: "127.0.0.1", port: old.port)
                }
                let restarted = servers[round % 2]
                #expect(await eventually { restarted.seen.started.load(ordering: .relaxed) > 0 }, "it is taken again")
            }
            counts.isOver.store(true, ordering: .relaxed)
            try await group.waitForAll()
        }
        #expect(counts.failed.load(ordering: .relaxed) == 0)
        await client.shutdown(grace: .seconds(1))
        for server in servers { await server.server.shutdown(grace: .zero) }
    }

    @Test func shuttingDownEndsTheWaitBeforeTheNextAttemptToConnect() async throws {
        let gone = try await TestServer.start()
        await gone.server.shutdown(grace: .zero)
        let client = client([gone]) {
            $0.maxAttempts = 1
            $0.backoffBaseMs = 3_600_000
            $0.backoffMaxMs = 3_600_000
        }
        await #expect(throws: RPCError.self) {
            try await client.unary(TestMethod.echo, ByteBuffer(), options: timeout(5_000))
        }
        let waiting = Task { try await client.unary(TestMethod.echo, ByteBuffer(), options: timeout(0)) }
        try await Task.sleep(for: .milliseconds(50))
        await client.shutdown(grace: .zero)
        let error = await #expect(throws: RPCError.self) { try await waiting.value }
        #expect(error?.reason == RPCError.Reason.shuttingDown)
    }

    @Test func whoIsRefusedRightBehindHelloHearsIt() async throws {
        for _ in 0..<20 {
            let monitor = RPCServerMonitor()
            try await TestServer.with({
                $0.authenticator = TestAuthenticator()
                $0.monitor = monitor
            }) { server in
                try await server.withClient({ $0.credentials = Array("wrong".utf8) }) { client in
                    let error = await #expect(throws: RPCError.self) {
                        try await client.unary(TestMethod.echo, ByteBuffer(), options: timeout(10_000))
                    }
                    #expect(error?.status == .unauthenticated)
                }
                #expect(monitor.statistics?.connectionsAccepted == 1)
            }
        }
    }
}
