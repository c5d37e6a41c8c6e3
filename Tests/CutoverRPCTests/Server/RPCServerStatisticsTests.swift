import CutoverWire
import NIOCore
import Testing

@testable import CutoverRPC

@Suite struct RPCServerStatisticsTests {
    @Test func everyAnswerIsCountedForItsMethod() async throws {
        let monitor = RPCServerMonitor()
        #expect(monitor.statistics == nil)
        func method(_ method: RPCMethod) -> RPCServerStatistics.Method? {
            monitor.statistics?.methods.first { $0.method == method }
        }
        try await TestServer.with({
            $0.monitor = monitor
            $0.maxLiveHandlersByMethod = [TestMethod.sleep.name: 1]
        }) { server in
            #expect(monitor.statistics?.connectionsAccepted == 0)
            try await server.withClient({ $0.maxAttempts = 1 }) { client in
                for _ in 0..<3 {
                    _ = try await client.unary(TestMethod.echo, ByteBuffer(string: "a"), options: timeout(5_000))
                }
                _ = try await client.unary(TestMethod.health, ByteBuffer(), options: timeout(5_000))
                for name in [TestMethod.upper, TestMethod.undeclared, TestMethod.make("Unknown")] {
                    _ = await #expect(throws: RPCError.self) {
                        try await client.unary(name, ByteBuffer(), options: timeout(5_000))
                    }
                }
                let first = Task { try await client.unary(TestMethod.sleep, ByteBuffer(), options: timeout(60_000)) }
                #expect(await eventually { server.seen.started.load(ordering: .relaxed) == 1 })
                _ = await #expect(throws: RPCError.self) {
                    try await client.unary(TestMethod.sleep, ByteBuffer(), options: timeout(5_000))
                }
                #expect(method(TestMethod.sleep)?.live == 1)
                #expect(monitor.statistics?.connections == 1)
                first.cancel()
                _ = await first.result
                #expect(await eventually { method(TestMethod.sleep)?.answered == 2 })
            }
            #expect(await eventually { monitor.statistics?.connections == 0 })
            #expect(monitor.statistics?.connectionsAccepted == 1 && monitor.statistics?.connectionsRefused == 0)
            #expect(monitor.statistics?.unknownMethods == 1)
            let counts = { (method: RPCServerStatistics.Method?) in
                method.map { [$0.answered, $0.failed, $0.notExecuted, UInt64($0.live)] }
            }
            #expect(counts(method(TestMethod.echo)) == [3, 0, 0, 0])
            #expect(counts(method(TestMethod.health)) == [1, 0, 0, 0])
            #expect(counts(method(TestMethod.upper)) == [1, 1, 0, 0], "carried out, and failed")
            #expect(counts(method(TestMethod.undeclared)) == [1, 1, 1, 0], "no permission: not executed")
            #expect(counts(method(TestMethod.sleep)) == [2, 2, 1, 0], "one over the cap, one cancelled")
            #expect((method(TestMethod.sleep)?.elapsedUs ?? 0) > 0)
        }
        #expect(await eventually { monitor.statistics == nil }, "the monitor does not hold the server")
    }

    @Test func connectionsOverTheCapAreCounted() async throws {
        let monitor = RPCServerMonitor()
        try await TestServer.with({
            $0.maxConnections = 1
            $0.monitor = monitor
        }) { server in
            let first = try await RawClient.setUp(port: server.port)
            #expect(await eventually { first.frames.count == 1 })
            let second = try await RawClient.setUp(port: server.port)
            #expect(await eventually { second.isClosed })
            #expect(monitor.statistics?.connectionsAccepted == 2 && monitor.statistics?.connectionsRefused == 1)
            first.close()
        }
    }

    @Test func bytesAreCountedInBothDirections() async throws {
        let monitor = RPCServerMonitor()
        try await TestServer.with({ $0.monitor = monitor }) { server in
            let client = try await RawClient.connect(port: server.port)
            var sent = ByteBuffer()
            Preface.write(to: &sent)
            var hello = Hello()
            hello.maxFrameBytes = 1 << 20
            hello.writeFrame(to: &sent)
            // Above what is copied into the batch, so that the answer's payload goes its own way.
            let payload = ByteBuffer(repeating: 7, count: 40_000)
            FrameWriter.writeRequestHead(
                to: &sent, slot: 1, methodID: TestMethod.echo.id, flags: 0, timeoutMs: 60_000, creditBytes: 0,
                metadata: Metadata(), payloadBytes: payload.readableBytes)
            sent.writeImmutableBuffer(payload)
            client.send(sent)
            #expect(await eventually { client.frames.count == 2 })
            #expect(await eventually { monitor.statistics?.sentBytes == UInt64(client.received.readableBytes) })
            #expect(monitor.statistics?.receivedBytes == UInt64(sent.readableBytes))
            #expect(client.received.readableBytes > 40_000)
            client.close()
        }
    }

    @Test func statusesTimesAndReasonsAreCounted() async throws {
        let monitor = RPCServerMonitor()
        try await TestServer.with({ $0.monitor = monitor }) { server in
            try await server.withClient({ $0.maxAttempts = 1 }) { client in
                _ = try await client.unary(TestMethod.echo, ByteBuffer(string: "a"), options: timeout(5_000))
                _ = try await client.unary(TestMethod.health, ByteBuffer(), options: timeout(5_000))
                for method in [TestMethod.upper, TestMethod.undeclared] {
                    _ = await #expect(throws: RPCError.self) {
                        try await client.unary(method, ByteBuffer(), options: timeout(5_000))
                    }
                }
            }
            let garbage = try await RawClient.setUp(port: server.port)
            garbage.send(hex: "00000001 7f000000 00000000 00000000 00000000")
            #expect(await eventually { garbage.isClosed })
            let statistics = try #require(monitor.statistics)
            func method(_ method: RPCMethod) -> RPCServerStatistics.Method? {
                statistics.methods.first { $0.method == method }
            }
            #expect(method(TestMethod.echo)?.answeredByStatus == [.ok: 1])
            #expect(method(TestMethod.upper)?.answeredByStatus == [.failedPrecondition: 1])
            #expect(method(TestMethod.undeclared)?.answeredByStatus == [.permissionDenied: 1])
            #expect(method(TestMethod.count)?.answeredByStatus == [:])
            let latency = try #require(method(TestMethod.echo)).latency
            #expect(latency.counts.reduce(0, +) == 1 && latency.counts.count == latency.boundsUs.count + 1)
            #expect(latency.boundsUs == latency.boundsUs.sorted())
            #expect(method(TestMethod.undeclared)?.latency.counts.reduce(0, +) == 0, "refused before its handler")
            #expect(
                method(TestMethod.health)?.latency.counts.reduce(0, +) == method(TestMethod.health)?.answered,
                "answered on the event loop, and timed all the same")
            #expect(statistics.goAways.values.reduce(0, +) == 1, "\(statistics.goAways)")
        }
    }

    /// The arrays of counters have a place for each status and each bucket.
    @Test func everyStatusHasACounter() {
        #expect(RPCStatus.allCases.map { Int($0.rawValue) } == Array(0..<17))
        let latency = CallLatency()
        for bound in CallLatency.boundsUs {
            latency.count(bound)
            latency.count(bound + 1)
        }
        let counts = latency.statistics.counts
        #expect(counts == [1] + Array(repeating: 2, count: CallLatency.boundsUs.count - 1) + [1])
        #expect(latency.statistics.sumUs == CallLatency.boundsUs.reduce(0) { $0 + 2 * $1 + 1 })
    }
}
