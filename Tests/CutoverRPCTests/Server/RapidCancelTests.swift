import CutoverWire
import NIOCore
import Testing

@testable import CutoverRPC

/// Calls that are cancelled as soon as they are made: what brought down servers of HTTP/2.
@Suite struct RapidCancelTests {
    @Test func handlersAreNeverMoreThanSlots() async throws {
        let monitor = RPCServerMonitor()
        try await TestServer.with({
            $0.limits.maxInFlight = 16; $0.monitor = monitor
        }) { server in
            let live: () -> Int = { monitor.statistics?.methods.map(\.live).reduce(0, +) ?? 0 }
            let raw = try await RawClient.setUp(port: server.port)
            var flood = ByteBuffer()
            for slot in 1...16 as ClosedRange<UInt32> {
                flood.writeImmutableBuffer(.request(TestMethod.stubborn, slot: slot))
                FrameWriter.writeCancel(to: &flood, slot: slot, reason: .user)
            }
            raw.send(flood)
            #expect(await eventually { server.seen.started.load(ordering: .relaxed) == 16 })
            // They were cancelled and run on: their slots are not free, and there are no others.
            raw.send(.request(TestMethod.stubborn, slot: 7))
            #expect(await eventually { raw.isClosed })
            #expect(raw.frames.map(\.header.type) == [.hello, .goAway])
            #expect(raw.frames.last?.header.aux == GoAwayReason.protocolError.rawValue)
            #expect(server.seen.started.load(ordering: .relaxed) == 16)
            #expect(live() == 16, "what runs on is counted until it ends, also without its connection")
            server.seen.isReleased.store(true, ordering: .relaxed)
            #expect(await eventually { live() == 0 })
        }
    }

    @Test func eachCallIsAnsweredOnceHoweverOftenItIsCancelled() async throws {
        try await TestServer.with({ $0.limits.maxInFlight = 16 }) { server in
            let raw = try await RawClient.setUp(port: server.port)
            for round in 1...50 {
                var flood = ByteBuffer()
                for slot in 1...16 as ClosedRange<UInt32> {
                    flood.writeImmutableBuffer(.request(TestMethod.sleep, slot: slot))
                    for _ in 0..<20 { FrameWriter.writeCancel(to: &flood, slot: slot, reason: .user) }
                }
                raw.send(flood)
                try #require(await eventually { raw.responses == 16 * round })
            }
            #expect(raw.frames.dropFirst().allSatisfy { $0.header.status == .cancelled })
            #expect(server.seen.cancelled.load(ordering: .relaxed) == server.seen.started.load(ordering: .relaxed))
            raw.close()
        }
    }
}
