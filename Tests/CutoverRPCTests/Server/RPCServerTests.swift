import CutoverWire
import Foundation
import Logging
import NIOCore
import Testing

@testable import CutoverRPC
import TestRandom

@Suite struct RPCServerTests {
    @Test func unixSocketsServe() async throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("cutover-\(UUID().uuidString).sock")
            .path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try await TestServer.with({ $0.endpoint = .unix(path: path) }) { _ in
            let configuration = RPCClientConfiguration(endpoint: .unix(path: path))
            let client = RPCClient(configuration: configuration, logger: Logger(label: "test"))
            let answer = try await client.unary(TestMethod.echo, ByteBuffer(string: "unix"), options: timeout(5_000))
            #expect(String(buffer: answer) == "unix")
            await client.shutdown(grace: .zero)
        }
    }

    @Test func handlersOverTheCapAreRefusedUnrun() async throws {
        try await TestServer.with({ $0.maxLiveHandlersByMethod = [TestMethod.sleep.name: 1] }) { server in
            try await server.withClient({ $0.maxAttempts = 1 }) { client in
                let first = Task { try await client.unary(TestMethod.sleep, ByteBuffer(), options: timeout(60_000)) }
                #expect(await eventually { server.seen.started.load(ordering: .relaxed) == 1 })
                let error = await #expect(throws: RPCError.self) {
                    try await client.unary(TestMethod.sleep, ByteBuffer(), options: timeout(5_000))
                }
                #expect(error?.status == .resourceExhausted)
                #expect(error?.isNotExecuted == true)
                #expect(error?.retryAfterMs == 100)
                first.cancel()
                _ = await first.result
            }
        }
    }

    @Test func connectionsOverTheCapAreTold() async throws {
        try await TestServer.with({ $0.maxConnections = 1 }) { server in
            let first = try await RawClient.setUp(port: server.port)
            #expect(await eventually { first.frames.count == 1 })
            let second = try await RawClient.setUp(port: server.port)
            #expect(await eventually { second.isClosed })
            #expect(second.frames.last?.header.aux == GoAwayReason.overloaded.rawValue)
            first.close()
        }
    }

    @Test func shutdownAnswersWhatRunsAndEndsTheRest() async throws {
        let server = try await TestServer.start()
        try await server.withClient { client in
            let short = Task {
                try await client.unary(TestMethod.sleep, ByteBuffer(integer: UInt32(200)), options: timeout(30_000))
            }
            let long = Task { try await client.unary(TestMethod.sleep, ByteBuffer(), options: timeout(30_000)) }
            #expect(await eventually { server.seen.started.load(ordering: .relaxed) == 2 })
            await server.server.shutdown(grace: .milliseconds(1_500))
            let answer = try await short.value
            #expect(answer.readableBytes == 4)
            let error = await #expect(throws: RPCError.self) { try await long.value }
            #expect(error?.status == .unavailable)
            #expect(error?.isNotExecuted == false)
            #expect(await eventually { server.seen.cancelled.load(ordering: .relaxed) == 1 })
        }
    }

    @Test func silentPeersArePingedAndClosed() async throws {
        try await TestServer.with({
            $0.limits.keepaliveMs = 40; $0.limits.keepaliveTimeoutMs = 40
        }) { server in
            let raw = try await RawClient.setUp(port: server.port)
            #expect(await eventually { raw.isClosed })
            #expect(raw.frames.map(\.header.type) == [.hello, .ping])
        }
    }

    @Test func aPeerThatNeverReadsIsClosed() async throws {
        try await TestServer.with({
            $0.limits.outboundStallMs = 200; $0.limits.outboundPauseBytes = 64 << 10
        }) { server in
            let raw = try await RawClient.setUp(port: server.port)
            raw.stopReading()
            var request = ByteBuffer()
            FrameWriter.writeRequestHead(
                to: &request, slot: 1, methodID: TestMethod.endless.id, flags: RequestFlags.stream, timeoutMs: 0,
                creditBytes: UInt32(Int32.max), metadata: Metadata(), payloadBytes: 0)
            raw.send(request)
            #expect(await eventually { server.seen.cancelled.load(ordering: .relaxed) == 1 })
            #expect(await eventually { server.server.connectionCount == 0 })
            raw.close()
        }
    }

    @Test func tenThousandMalformedInputsLeaveTheServerWell() async throws {
        let seed = UInt64.random(in: .min ... .max)
        print("malformed input seed: \(seed)")
        var random = SplitMix64(seed: seed)
        try await TestServer.with { server in
            try await server.withClient { client in
                for round in 0..<100 {
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        for _ in 0..<10 {
                            let inputs = (0..<10).map { _ in MalformedInput.make(using: &random) }
                            group.addTask { try await MalformedInput.send(inputs, port: server.port) }
                        }
                        try await group.waitForAll()
                    }
                    if round == 10 { MalformedInput.warmResidentKiB.withLock { $0 = ResidentMemory.kib() } }
                    let answer = try await client.unary(
                        TestMethod.echo, ByteBuffer(string: "ok"), options: timeout(10_000))
                    #expect(String(buffer: answer) == "ok")
                }
                #expect(await eventually { server.server.connectionCount == 1 })
            }
        }
        let grown = ResidentMemory.kib() - MalformedInput.warmResidentKiB.withLock { $0 }
        #expect(grown < 64 << 10, "resident memory grew by \(grown) KiB")
    }
}
