import CutoverWire
import NIOCore
import Testing

@testable import CutoverRPC

/// Deadlines and cancellation as a client on the wire sees them.
@Suite struct ServerDeadlineTests {
    private func request(slot: UInt32, _ method: RPCMethod, timeoutMs: UInt32, payload: ByteBuffer) -> ByteBuffer {
        var buffer = ByteBuffer()
        FrameWriter.writeRequestHead(
            to: &buffer, slot: slot, methodID: method.id, flags: method.kind == .serverStream ? 1 : 0,
            timeoutMs: timeoutMs, creditBytes: 0, metadata: Metadata(), payloadBytes: payload.readableBytes)
        buffer.writeImmutableBuffer(payload)
        return buffer
    }

    @Test func anExpiredCallIsAnsweredWhenItsHandlerReturns() async throws {
        try await TestServer.with { server in
            let raw = try await RawClient.setUp(port: server.port)
            raw.send(request(slot: 1, TestMethod.sleep, timeoutMs: 500, payload: ByteBuffer()))
            #expect(await eventually { raw.frames.count == 2 })
            #expect(raw.frames.last?.header.status == .deadlineExceeded)
            #expect(raw.frames.last?.header.flags == 0)
            #expect(server.seen.cancelled.load(ordering: .relaxed) == 1)
            raw.close()
        }
    }

    /// The time counts from a request's first byte (DEADLINE-1), also for a handler that runs on the event loop.
    @Test(arguments: [TestMethod.health, TestMethod.echo])
    func aCallThatExpiredOnItsWayDoesNotRun(method: RPCMethod) async throws {
        try await TestServer.with { server in
            let raw = try await RawClient.setUp(port: server.port)
            var rest = request(slot: 1, method, timeoutMs: 20, payload: ByteBuffer(integer: UInt32(7)))
            let beginning = rest.readSlice(length: 20)
            raw.send(try #require(beginning))
            try await Task.sleep(for: .milliseconds(100))
            raw.send(rest)
            #expect(await eventually { raw.frames.count == 2 })
            #expect(raw.frames.last?.header.status == .deadlineExceeded)
            #expect(raw.frames.last?.header.flags == ResponseFlags.notExecuted)
            raw.close()
        }
    }

    @Test func aCancelledCallKeepsItsSlotUntilItsResponse() async throws {
        try await TestServer.with { server in
            let raw = try await RawClient.setUp(port: server.port)
            raw.send(request(slot: 1, TestMethod.sleep, timeoutMs: 0, payload: ByteBuffer()))
            #expect(await eventually { server.seen.started.load(ordering: .relaxed) == 1 })
            raw.send(hex: "00000000 06 00 0000 00000001 00000001")
            #expect(await eventually { raw.frames.count == 2 })
            #expect(raw.frames.last?.header.status == .cancelled)
            raw.close()
        }
    }

    @Test func aStreamWithoutCreditSendsNothingUntilItIsGranted() async throws {
        try await TestServer.with { server in
            let raw = try await RawClient.setUp(port: server.port)
            raw.send(request(slot: 1, TestMethod.count, timeoutMs: 0, payload: ByteBuffer(integer: UInt32(3))))
            raw.send(hex: "00000008 02 00 0000 00000002 00000001 00000000 00000000")
            #expect(await eventually { raw.frames.count == 2 })
            #expect(raw.frames.last?.header.id == 2)
            // 65 bytes pay for one item of 64 and let a second go below 0.
            raw.send(hex: "00000000 05 00 0000 00000001 00000041")
            #expect(await eventually { raw.frames.count == 4 })
            raw.send(hex: "00000000 05 00 0000 00000001 00000100")
            #expect(await eventually { raw.frames.count == 6 })
            #expect(raw.frames.suffix(4).map(\.header.type) == [.item, .item, .item, .response])
            raw.close()
        }
    }

    @Test func drainAnswersEveryCallAndTakesNewOnesUntilDrained() async throws {
        let server = try await TestServer.start()
        let raw = try await RawClient.setUp(port: server.port)
        raw.send(request(slot: 1, TestMethod.sleep, timeoutMs: 0, payload: ByteBuffer(integer: UInt32(300))))
        #expect(await eventually { server.seen.started.load(ordering: .relaxed) == 1 })
        async let ended: Void = server.server.shutdown(grace: .seconds(20))
        #expect(await eventually { raw.frames.last?.header.type == .goAway })
        raw.send(request(slot: 2, TestMethod.health, timeoutMs: 0, payload: ByteBuffer()))
        raw.send(hex: "00000000 0A 00 0000 00000000 00000000")
        await ended
        #expect(await eventually { raw.isClosed })
        let responses = raw.frames.filter { $0.header.type == .response }
        #expect(responses.map(\.header.id).sorted() == [1, 2])
        #expect(responses.allSatisfy { $0.header.status == .ok })
    }
}
