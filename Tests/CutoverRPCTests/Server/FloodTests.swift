import CutoverWire
import NIOCore
import Testing

@testable import CutoverRPC

/// Frames without end, and peers that take nothing: the server stays well, and others are served.
@Suite struct FloodTests {
    private static let frames: [(name: String, hex: String)] = [
        ("extension without a body", "00000000 80 FF 1234 00000009 00000009"),
        ("CANCEL in a free slot", "00000000 06 00 0000 00000001 00000001"),
        ("CREDIT in a free slot", "00000000 05 00 0000 00000400 7FFFFFFF"),
    ]

    /// Some 4 MiB of each, of which nothing comes but work to skip them.
    @Test func endlessSmallFramesHoldNobodyUp() async throws {
        try await TestServer.with { server in
            let raw = try await RawClient.setUp(port: server.port)
            try await server.withClient { client in
                for frame in Self.frames {
                    let flood = ByteBuffer(hex: frame.hex.repeated(4_096))
                    for _ in 0..<64 { raw.send(flood) }
                    _ = try await client.unary(TestMethod.echo, ByteBuffer(), options: timeout(10_000))
                }
            }
            raw.send(.request(TestMethod.health, slot: 1))
            #expect(await eventually { raw.frames.last?.header.type == .response }, "all of it was read")
            #expect(raw.frames.map(\.header.type) == [.hello, .response])
            raw.close()
        }
    }

    @Test func aPeerThatTakesNothingIsReadNoFurther() async throws {
        let monitor = RPCServerMonitor()
        try await TestServer.with({
            $0.limits.outboundPauseBytes = 64 << 10; $0.monitor = monitor
        }) { server in
            let answered: () -> UInt64 = {
                monitor.statistics?.methods.first { $0.method == TestMethod.echo }?.answered ?? 0
            }
            let raw = try await RawClient.setUp(port: server.port)
            #expect(await eventually { raw.frames.count == 1 })
            raw.stopReading()
            // 64 MiB to be sent back; the network between the two holds some of it.
            let payload = ByteBuffer(repeating: 1, count: 64 << 10)
            for slot in 1...1_000 as ClosedRange<UInt32> {
                raw.send(.request(TestMethod.echo, slot: slot, payload: payload))
            }
            var before: UInt64 = .max
            while before != answered() {
                before = answered()
                try await Task.sleep(for: .milliseconds(300))
            }
            #expect(answered() < 500, "\(answered()) calls were read of a peer that takes no answers")
            raw.startReading()
            #expect(await eventually { answered() == 1_000 })
            raw.close()
        }
    }

    @Test func aPeerThatTakesNothingOfTooMuchIsClosed() async throws {
        try await TestServer.with({
            $0.limits.outboundPauseBytes = 64 << 10; $0.limits.outboundCloseBytes = 1 << 20
        }) { server in
            var hello = Hello()
            hello.maxFrameBytes = 1 << 20
            let raw = try await RawClient.setUp(port: server.port, hello: hello)
            #expect(await eventually { raw.frames.count == 1 })
            raw.stopReading()
            // Read before the first of them is answered, and answered at once: 32 MiB.
            var payload = ByteBuffer(integer: UInt32(500))
            payload.writeRepeatingByte(1, count: (1 << 20) - 100)
            for slot in 1...32 as ClosedRange<UInt32> {
                raw.send(.request(TestMethod.sleep, slot: slot, payload: payload))
            }
            // Long before the deadline for one that makes no progress.
            #expect(await eventually { server.server.connectionCount == 0 })
            raw.close()
        }
    }

    /// A peer that takes a little now and then makes progress for ever: an end has a deadline of its own.
    @Test func aSlowReaderDoesNotHoldUpAShutdown() async throws {
        let server = try await TestServer.start {
            $0.limits.outboundStallMs = 1_000
            $0.limits.outboundPauseBytes = 8 << 20
        }
        let raw = try await RawClient.setUp(port: server.port)
        #expect(await eventually { raw.frames.count == 1 })
        raw.stopReading()
        raw.send(.request(TestMethod.endless, slot: 1, creditBytes: UInt32(Int32.max)))
        let items: () -> Int = { server.seen.items.load(ordering: .relaxed) }
        #expect(await eventually { items() > 8_000 })
        raw.readSlowly(bytes: 16 << 10)
        let reader = Task {
            while !Task.isCancelled {
                raw.readOnce()
                try await Task.sleep(for: .milliseconds(50))
            }
        }
        let ended = Task { await server.server.shutdown(grace: .zero) }
        #expect(await eventually { server.server.connectionCount == 0 })
        reader.cancel()
        raw.close()
        await ended.value
    }
}
