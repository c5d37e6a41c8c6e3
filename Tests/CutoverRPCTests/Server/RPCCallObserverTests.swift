import CutoverLocking
import CutoverWire
import NIOCore
import Testing

@testable import CutoverRPC

@Suite struct RPCCallObserverTests {
    private final class Recorder: RPCCallObserver {
        let observesSuccess: Bool
        private let ended = Mutex<[RPCEndedCall]>([])

        init(observesSuccess: Bool = true) { self.observesSuccess = observesSuccess }

        var calls: [RPCEndedCall] { ended.withLock { $0 } }

        func callEnded(_ call: RPCEndedCall) { ended.withLock { $0.append(call) } }
    }

    /// A call in slot 1.
    private static func request(_ method: RPCMethod, _ payload: ByteBuffer) -> ByteBuffer {
        var request = ByteBuffer()
        FrameWriter.writeRequestHead(
            to: &request, slot: 1, methodID: method.id, flags: 0, timeoutMs: 0, creditBytes: 0, metadata: Metadata(),
            payloadBytes: payload.readableBytes)
        request.writeImmutableBuffer(payload)
        return request
    }

    @Test func aCallIsToldOfWithWhatIsKnown() async throws {
        let recorder = Recorder()
        try await TestServer.with({ $0.callObserver = recorder }) { server in
            try await server.withClient({ $0.maxAttempts = 1 }) { client in
                var options = timeout(5_000)
                try options.metadata.append("key", "value")
                _ = try await client.unary(TestMethod.echo, ByteBuffer(string: "four"), options: options)
                _ = try await client.unary(TestMethod.health, ByteBuffer(), options: options)
                for try await _ in client.serverStream(
                    TestMethod.count, ByteBuffer(integer: UInt32(5)), options: options)
                {}
                _ = await #expect(throws: RPCError.self) {
                    try await client.unary(TestMethod.upper, ByteBuffer(), options: options)
                }
            }
        }
        let calls = recorder.calls
        #expect(calls.map { $0.method } == [TestMethod.echo, TestMethod.health, TestMethod.count, TestMethod.upper])
        #expect(calls.map { $0.status } == [.ok, .ok, .ok, .failedPrecondition])
        #expect(calls.map { $0.reason } == ["", "", "", "NOT_NOW"])
        #expect(calls.map { $0.requestBytes } == [4, 0, 4, 0])
        #expect(calls.map { $0.responseBytes } == [4, 2, 20, 0])
        #expect(calls.allSatisfy { $0.metadata.firstText("key") == "value" && $0.connection == 1 })
        #expect(calls.allSatisfy { $0.remoteAddress.hasPrefix("127.0.0.1:") })
    }

    @Test func successIsNotToldOfUnlessAskedFor() async throws {
        let recorder = Recorder(observesSuccess: false)
        try await TestServer.with({ $0.callObserver = recorder }) { server in
            try await server.withClient({ $0.maxAttempts = 1 }) { client in
                for method in [TestMethod.echo, TestMethod.health] {
                    _ = try await client.unary(method, ByteBuffer(), options: timeout(5_000))
                }
                _ = await #expect(throws: RPCError.self) {
                    try await client.unary(TestMethod.make("Unknown"), ByteBuffer(), options: timeout(5_000))
                }
            }
        }
        #expect(recorder.calls.map { $0.status } == [.unimplemented])
        #expect(recorder.calls.first?.method == nil && recorder.calls.first?.reason == RPCError.Reason.unknownMethod)
    }

    @Test func aCallWhoseConnectionEndsIsToldOfOnce() async throws {
        let (recorder, monitor) = (Recorder(), RPCServerMonitor())
        try await TestServer.with({
            $0.callObserver = recorder
            $0.monitor = monitor
        }) { server in
            let raw = try await RawClient.setUp(port: server.port)
            raw.send(Self.request(TestMethod.sleep, ByteBuffer(integer: UInt32(60_000))))
            #expect(await eventually { server.seen.started.load(ordering: .relaxed) == 1 })
            raw.close()
            #expect(await eventually { server.seen.cancelled.load(ordering: .relaxed) == 1 })
            #expect(await eventually { monitor.statistics?.connections == 0 })
            let calls = recorder.calls
            #expect(calls.map { $0.method } == [TestMethod.sleep] && calls.map { $0.status } == [.cancelled])
            #expect(calls.first?.reason == RPCError.Reason.connectionLost && calls.first?.requestBytes == 4)
            let counted = monitor.statistics?.methods.first { $0.method == TestMethod.sleep }
            #expect(counted?.abandoned == 1 && counted?.answered == 0)
        }
    }

    /// What is over its grace is answered UNAVAILABLE, and not told of a second time when its connection ends.
    @Test func aCallThatIsCutOffAtShutdownIsToldOfOnce() async throws {
        let recorder = Recorder()
        let server = try await TestServer.start { $0.callObserver = recorder }
        try await server.withClient({ $0.maxAttempts = 1 }) { client in
            let call = Task { try await client.unary(TestMethod.sleep, ByteBuffer(), options: timeout(60_000)) }
            #expect(await eventually { server.seen.started.load(ordering: .relaxed) == 1 })
            await server.server.shutdown(grace: .milliseconds(10))
            _ = await call.result
        }
        #expect(recorder.calls.map { $0.status } == [.unavailable])
    }

    @Test func anAnswerTheClientDoesNotTakeIsAFailure() async throws {
        let (recorder, monitor) = (Recorder(observesSuccess: false), RPCServerMonitor())
        try await TestServer.with({
            $0.callObserver = recorder
            $0.monitor = monitor
        }) { server in
            let raw = try await RawClient.setUp(port: server.port)
            raw.send(Self.request(TestMethod.echo, ByteBuffer(repeating: 7, count: Int(WireLimits.maxFrameFloor) + 1)))
            #expect(await eventually { !recorder.calls.isEmpty })
            #expect(recorder.calls.map { $0.reason } == [RPCError.Reason.messageTooLarge])
            let counted = monitor.statistics?.methods.first { $0.method == TestMethod.echo }
            #expect(counted?.answeredByStatus == [.resourceExhausted: 1])
            raw.close()
        }
    }
}
