import CutoverWire
import Logging
import NIOCore
import Testing

@testable import CutoverRPC

@Suite struct RPCClientTests {
    @Test func unaryReturnsTheAnswer() async throws {
        try await TestServer.with { server in
            try await server.withClient { client in
                let answer = try await client.unary(
                    TestMethod.echo, ByteBuffer(string: "hello"), options: CallOptions())
                #expect(String(buffer: answer) == "hello")
                let health = try await client.unary(TestMethod.health, ByteBuffer(), options: timeout(5_000))
                #expect(Array(health.readableBytesView) == [0x08, 0x01])
            }
        }
    }

    @Test func manyCallsShareOneConnectionAndKeepTheirAnswersApart() async throws {
        try await TestServer.with { server in
            try await server.withClient { client in
                try await withThrowingTaskGroup(of: Bool.self) { group in
                    for number in 0..<3_000 {
                        group.addTask {
                            let sent = ByteBuffer(integer: UInt32(number))
                            return try await client.unary(TestMethod.echo, sent, options: CallOptions()) == sent
                        }
                    }
                    for try await isSame in group { #expect(isSame) }
                }
                #expect(server.server.connectionCount == 1)
            }
        }
    }

    @Test func largeMessagesPassInBothDirections() async throws {
        try await TestServer.with { server in
            try await server.withClient { client in
                let sent = ByteBuffer(repeating: 0x5A, count: 1_000_000)
                let answer = try await client.unary(TestMethod.echo, sent, options: CallOptions())
                #expect(answer == sent)
                let tooLarge = ByteBuffer(repeating: 1, count: 1 << 20)
                let error = await #expect(throws: RPCError.self) {
                    try await client.unary(TestMethod.echo, tooLarge, options: CallOptions())
                }
                #expect(error?.reason == RPCError.Reason.messageTooLarge)
            }
        }
    }

    @Test func errorsKeepEveryField() async throws {
        try await TestServer.with { server in
            try await server.withClient { client in
                let error = await #expect(throws: RPCError.self) {
                    try await client.unary(TestMethod.upper, ByteBuffer(), options: CallOptions())
                }
                #expect(error?.status == .failedPrecondition)
                #expect(error?.message == "not now")
                #expect(error?.reason == "NOT_NOW")
                #expect(error?.details.first?.value == TestMethod.upper.name)
                #expect(error?.retryAfterMs == 7)
                #expect(error?.isNotExecuted == false)
            }
        }
    }

    @Test func unknownMethodIsUnimplementedAndNotRetried() async throws {
        try await TestServer.with { server in
            try await server.withClient { client in
                let error = await #expect(throws: RPCError.self) {
                    try await client.unary(TestMethod.make("Missing"), ByteBuffer(), options: CallOptions())
                }
                #expect(error?.status == .unimplemented)
                #expect(error?.retryAfterMs == RPCError.neverRetry)
            }
        }
    }

    @Test func deadlineEndsTheCallHereAndCancelsItThere() async throws {
        try await TestServer.with { server in
            try await server.withClient { client in
                let error = await #expect(throws: RPCError.self) {
                    try await client.unary(TestMethod.sleep, ByteBuffer(), options: timeout(1_000))
                }
                #expect(error?.status == .deadlineExceeded)
                #expect(await eventually { server.seen.cancelled.load(ordering: .relaxed) == 1 })
            }
        }
    }

    @Test func cancellingTheTaskCancelsTheHandler() async throws {
        try await TestServer.with { server in
            try await server.withClient { client in
                let task = Task {
                    try await client.unary(TestMethod.sleep, ByteBuffer(), options: CallOptions())
                }
                #expect(await eventually { server.seen.started.load(ordering: .relaxed) == 1 })
                task.cancel()
                let error = await #expect(throws: RPCError.self) { try await task.value }
                #expect(error?.status == .cancelled)
                #expect(await eventually { server.seen.cancelled.load(ordering: .relaxed) == 1 })
            }
        }
    }

    @Test func callsWaitForAServerThatComesLate() async throws {
        let early = try await TestServer.start()
        let port = early.port
        await early.server.shutdown(grace: .zero)
        var configuration = RPCClientConfiguration(endpoint: .tcp(host: "127.0.0.1", port: port))
        configuration.maxAttempts = 50
        configuration.backoffMaxMs = 100
        let client = RPCClient(configuration: configuration, logger: Logger(label: "test"))
        async let answer = client.unary(TestMethod.echo, ByteBuffer(string: "late"), options: timeout(10_000))
        try await Task.sleep(for: .milliseconds(100))
        let late = try await TestServer.start { $0.endpoint = .tcp(host: "127.0.0.1", port: port) }
        let bytes = try await answer
        #expect(String(buffer: bytes) == "late")
        await client.shutdown(grace: .seconds(1))
        await late.server.shutdown(grace: .zero)
    }

    @Test func noServerFailsWithNotExecuted() async throws {
        let gone = try await TestServer.start()
        let port = gone.port
        await gone.server.shutdown(grace: .zero)
        var configuration = RPCClientConfiguration(endpoint: .tcp(host: "127.0.0.1", port: port))
        configuration.maxAttempts = 2
        let client = RPCClient(configuration: configuration, logger: Logger(label: "test"))
        let error = await #expect(throws: RPCError.self) {
            try await client.unary(TestMethod.echo, ByteBuffer(), options: timeout(5_000))
        }
        #expect(error?.status == .unavailable)
        #expect(error?.isNotExecuted == true)
        await client.shutdown(grace: .zero)
    }

    @Test func noCallFailsWhileConnectionsAreDrained() async throws {
        try await TestServer.with({
            $0.maxConnectionAgeMs = 40; $0.limits.keepaliveTimeoutMs = 40
        }) { server in
            try await server.withClient { client in
                let failures = TestServer.Seen()
                await withTaskGroup(of: Void.self) { group in
                    for _ in 0..<16 {
                        group.addTask {
                            for number in 0..<UInt32(60) {
                                let sent = ByteBuffer(integer: number % 7)
                                let answer = try? await client.unary(TestMethod.sleep, sent, options: CallOptions())
                                if answer != sent { failures.cancelled.add(1, ordering: .relaxed) }
                            }
                        }
                    }
                }
                #expect(failures.cancelled.load(ordering: .relaxed) == 0)
                #expect(server.seen.started.load(ordering: .relaxed) == 16 * 60)
            }
        }
    }

    @Test func streamsDeliverEveryItemInOrder() async throws {
        try await TestServer.with { server in
            try await server.withClient { client in
                var expected: UInt32 = 0
                let stream = client.serverStream(
                    TestMethod.count, ByteBuffer(integer: UInt32(20_000)), options: CallOptions())
                for try await item in stream {
                    #expect(item.getInteger(at: item.readerIndex, as: UInt32.self) == expected)
                    expected += 1
                }
                #expect(expected == 20_000)
            }
        }
    }

    @Test func leavingAStreamCancelsIt() async throws {
        try await TestServer.with { server in
            try await server.withClient { client in
                for try await _ in client.serverStream(TestMethod.endless, ByteBuffer(), options: CallOptions()) {
                    break
                }
                #expect(await eventually { server.seen.cancelled.load(ordering: .relaxed) == 1 })
                _ = try await client.unary(TestMethod.echo, ByteBuffer(), options: timeout(5_000))
            }
        }
    }

    @Test func aStalledReaderStopsTheWriterAndNobodyElse() async throws {
        try await TestServer.with { server in
            try await server.withClient { client in
                var iterator = client.serverStream(TestMethod.endless, ByteBuffer(), options: CallOptions())
                    .makeAsyncIterator()
                _ = try await iterator.next()
                #expect(await eventually { server.seen.items.load(ordering: .relaxed) >= 200 })
                for _ in 0..<100 {
                    _ = try await client.unary(TestMethod.echo, ByteBuffer(), options: timeout(5_000))
                }
                // 256 KiB of credit at 1,000 bytes an item, and one item below 0.
                #expect(server.seen.items.load(ordering: .relaxed) <= 264)
                for _ in 0..<1_000 { _ = try await iterator.next() }
                #expect(server.seen.items.load(ordering: .relaxed) > 264)
            }
        }
    }
}
