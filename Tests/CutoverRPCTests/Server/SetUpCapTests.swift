import CutoverWire
import NIOCore
import Testing

@testable import CutoverRPC

/// Connections that were opened and never set up must not keep others out (ADMIT-4).
@Suite struct SetUpCapTests {
    @Test func theOldestMakesRoomForANewOne() async throws {
        try await TestServer.with({
            $0.maxConnectionsInSetUp = 3; $0.maxConnections = 20; $0.limits.handshakeDeadlineMs = 60_000
        }) { server in
            // The first is silent, the second has sent its preface, the third half of it.
            var waiting: [RawClient] = []
            for (count, hex) in ["", "B5525043 01 00 0000", "B5525043"].enumerated() {
                let raw = try await RawClient.connect(port: server.port)
                raw.send(hex: hex)
                waiting.append(raw)
                #expect(await eventually { server.server.connectionCount == count + 1 })
            }
            #expect(await eventually { waiting[1].frames.count == 1 })
            for (count, oldest) in waiting.enumerated() {
                let next = try await RawClient.connect(port: server.port)
                #expect(await eventually { oldest.isClosed })
                #expect(oldest.frames.map(\.header.type) == [.hello, .goAway])
                #expect(oldest.frames.last?.header.aux == GoAwayReason.overloaded.rawValue)
                #expect(waiting.dropFirst(count + 1).allSatisfy { !$0.isClosed }, "only the oldest")
                waiting.append(next)
            }
            waiting.forEach { $0.close() }
        }
    }

    @Test func aFloodOfSilentConnectionsKeepsNobodyOut() async throws {
        let monitor = RPCServerMonitor()
        try await TestServer.with({
            $0.maxConnectionsInSetUp = 8; $0.maxConnections = 16; $0.limits.handshakeDeadlineMs = 60_000
            $0.monitor = monitor
        }) { server in
            let old = try await RawClient.setUp(port: server.port)
            #expect(await eventually { old.frames.count == 1 })
            var silent: [RawClient] = []
            for count in 1...200 {
                let accepted = monitor.statistics?.connectionsAccepted
                silent.append(try await RawClient.connect(port: server.port))
                #expect(await eventually { monitor.statistics?.connectionsAccepted != accepted })
                guard count % 40 == 20 else { continue }
                try await server.withClient({ $0.maxAttempts = 1 }) { client in
                    _ = try await client.unary(TestMethod.echo, ByteBuffer(), options: timeout(10_000))
                }
            }
            #expect(await eventually { silent.count { !$0.isClosed } == 8 })
            #expect(silent.suffix(8).allSatisfy { !$0.isClosed }, "the newest")
            #expect(await eventually { server.server.connectionCount == 9 })
            #expect(monitor.statistics?.connectionsRefused == 192, "all but eight, and nobody else")
            // One that is set up is not in question, however old it is.
            old.send(.request(TestMethod.health, slot: 1))
            #expect(await eventually { old.responses == 1 })
            (silent + [old]).forEach { $0.close() }
        }
    }

    @Test func aRequestOfOneThatMadeRoomDoesNotRun() async throws {
        try await TestServer.with({
            $0.maxConnectionsInSetUp = 1; $0.limits.handshakeDeadlineMs = 60_000
        }) { server in
            let first = try await RawClient.connect(port: server.port)
            first.send(hex: "B5525043 01 00 0000 00000000 01 00")
            #expect(await eventually { first.frames.count == 1 })
            let second = try await RawClient.setUp(port: server.port)
            #expect(await eventually { first.isClosed && second.frames.count == 1 })
            var rest = ByteBuffer(hex: "0000 00000000 00000000")
            rest.writeImmutableBuffer(.request(TestMethod.sleep, slot: 1, payload: ByteBuffer(integer: UInt32(1))))
            first.send(rest)
            second.send(.request(TestMethod.health, slot: 1))
            #expect(await eventually { second.responses == 1 })
            #expect(server.seen.started.load(ordering: .relaxed) == 0)
            second.close()
        }
    }
}
