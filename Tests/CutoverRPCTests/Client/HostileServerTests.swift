import CutoverWire
import NIOCore
import Synchronization
import Testing

@testable import CutoverRPC

/// Servers that flood the client, or hold it up. Each fails at most the calls that are with it, within their deadlines, and
/// takes no more memory than the protocol allows; the client goes on with the next connection.
///
/// What breaks a rule of the frames is tried by the conformance cases (`client/breaches`, `client/hello`).
@Suite(.serialized) struct HostileServerTests {
    /// Calls once against the attack, and once more afterwards.
    private static func run(
        greets: Bool = true, limits: WireLimits = WireLimits(), timeoutMs: UInt32 = 20_000,
        memoryKiB: Int = 24 << 10, endsConnection: Bool = true, attack: @escaping HostilePeer.Attack
    ) async throws -> (error: RPCError?, peer: HostilePeer) {
        var result: (RPCError?, HostilePeer)?
        try await HostilePeer.with(greets: greets, limits: limits, attack: attack) { peer, client in
            let before = ResidentMemory.kib()
            var error: RPCError?
            do {
                _ = try await client.unary(TestMethod.sleep, ByteBuffer(string: "a"), options: timeout(timeoutMs))
            } catch let failure as RPCError {
                error = failure
            }
            let grown = ResidentMemory.kib() - before
            #expect(grown < memoryKiB, "resident memory grew by \(grown) KiB")
            if error != nil, endsConnection {
                let answer = try await client.unary(
                    TestMethod.echo, ByteBuffer(string: "b"), options: timeout(20_000))
                #expect(String(buffer: answer) == "b")
            }
            result = (error, peer)
        }
        return try #require(result)
    }

    /// Sends the same bytes over and over, as long as they are taken.
    private static func flood(_ channel: any Channel, _ bytes: ByteBuffer, count: Int) {
        guard count > 0, channel.isActive else { return }
        channel.writeAndFlush(bytes).whenSuccess { flood(channel, bytes, count: count - 1) }
    }

    @Test func sixteenMebibytesOfGarbageEndTheConnection() async throws {
        let (error, peer) = try await Self.run { channel, header in
            guard header.type == .request else { return }
            Self.flood(channel, ByteBuffer(repeating: 0xA5, count: 1 << 20), count: 16)
        }
        #expect(error?.status == .unavailable && error?.isNotExecuted == false)
        #expect(peer.connections.load(ordering: .relaxed) == 2)
    }

    /// 64 MiB that are legal and mean nothing, and then the answer.
    @Test func extensionsWithoutEndAreSkippedAndNotKept() async throws {
        let (error, _) = try await Self.run { channel, header in
            guard header.type == .request else { return }
            var frame = ByteBuffer()
            FrameHeader(length: 1 << 20, rawType: 0x80, flags: 0, metadataLength: 0, id: 0, aux: 0).write(to: &frame)
            frame.writeRepeatingByte(1, count: 1 << 20)
            for _ in 0..<64 { channel.writeAndFlush(frame, promise: nil) }
            var answer = ByteBuffer()
            FrameWriter.writeResponseHead(to: &answer, slot: header.id, status: .ok, payloadBytes: 0)
            channel.writeAndFlush(answer, promise: nil)
        }
        #expect(error == nil)
    }

    @Test func pingsOneByOneAreAnsweredAndPingsTogetherAreABreach() async throws {
        let pongs = Counter()
        let (error, peer) = try await Self.run { channel, header in
            var pings = ByteBuffer()
            switch header.type {
            case .request: FrameWriter.writePing(to: &pings, opaque: 7)
            case .pong:
                let isEnough = pongs.count.add(1, ordering: .relaxed).newValue == 2_000
                for _ in 0..<(isEnough ? 1_000 : 1) { FrameWriter.writePing(to: &pings, opaque: 7) }
            default: return
            }
            channel.writeAndFlush(pings, promise: nil)
        }
        #expect(error?.status == .unavailable)
        #expect((2_000..<2_010).contains(peer.count(.pong)), "\(peer.count(.pong)) were answered")
    }

    /// Asked to go once or ten thousand times, the client goes once; its call is answered.
    @Test func goAwayWithoutEndIsOneDrain() async throws {
        let (error, peer) = try await Self.run { channel, header in
            guard header.type == .request else { return }
            var flood = ByteBuffer()
            for _ in 0..<10_000 {
                FrameWriter.writeGoAway(
                    to: &flood, reason: .drain, graceMs: .max, text: String(repeating: "go ", count: 85))
            }
            FrameWriter.writeResponseHead(to: &flood, slot: header.id, status: .ok, payloadBytes: 0)
            channel.writeAndFlush(flood, promise: nil)
        }
        #expect(error == nil)
        #expect(peer.count(.drained) == 1)
        #expect(peer.connections.load(ordering: .relaxed) <= 2)
    }

    /// A protobuf field of bytes.
    private static func field(_ number: UInt8, _ bytes: [UInt8]) -> [UInt8] {
        var length: [UInt8] = []
        var rest = bytes.count
        while rest >= 0x80 {
            length.append(UInt8(rest & 0x7F) | 0x80)
            rest >>= 7
        }
        return [number << 3 | 2] + length + [UInt8(rest)] + bytes
    }

    @Test func hugeErrorsAreCut() async throws {
        let (error, _) = try await Self.run(endsConnection: false) { channel, header in
            guard header.type == .request else { return }
            let text = Self.field(2, Array(String(repeating: "\u{E9}", count: 20_000).utf8))
            let detail = Self.field(3, Self.field(1, [0x6B]) + text)
            let short = Self.field(3, Self.field(1, [0x6B]))
            let message = [0x0A] + text.dropFirst()
            var payload = ByteBuffer(bytes: message + text + detail)
            for _ in 0..<10_000 { payload.writeBytes(short) }
            var answer = ByteBuffer()
            FrameWriter.writeResponseHead(
                to: &answer, slot: header.id, status: .notFound, payloadBytes: payload.readableBytes)
            answer.writeImmutableBuffer(payload)
            channel.writeAndFlush(answer, promise: nil)
        }
        #expect(error?.status == .notFound)
        #expect(error?.message == String(repeating: "\u{E9}", count: 512), "1,024 bytes of whole characters")
        #expect(error?.reason.utf8.count == 1_024)
        #expect(error?.details.count == 32)
        #expect(error?.details.first?.value.utf8.count == 1_024)
    }

    /// A HELLO that arrives byte by byte is given up at the deadline of set-up.
    @Test func aHelloWithoutEndIsGivenUp() async throws {
        var limits = WireLimits()
        limits.handshakeDeadlineMs = 200
        // Which would end it, too.
        limits.frameDeadlineMs = 60_000
        let (error, peer) = try await Self.run(greets: false, limits: limits) { channel, header in
            guard header.type == .hello else { return }
            var head = ByteBuffer()
            FrameHeader(length: 8_192, type: .hello).write(to: &head)
            channel.writeAndFlush(head, promise: nil)
            channel.eventLoop.scheduleRepeatedTask(initialDelay: .zero, delay: .milliseconds(5)) { task in
                guard channel.isActive else { return task.cancel() }
                channel.writeAndFlush(ByteBuffer(integer: UInt8(0)), promise: nil)
            }
        }
        #expect(error?.status == .unavailable, "it was sent behind HELLO, and nobody knows whether it ran")
        #expect(peer.connections.load(ordering: .relaxed) == 2)
    }

    /// A frame of 16 MiB of which all but the last byte comes: the caller's own deadline holds.
    @Test func aFrameWithoutItsEndHoldsNoCaller() async throws {
        var limits = WireLimits()
        limits.maxFrameBytes = WireLimits.maxFrameCeiling
        limits.frameDeadlineMs = 1_000
        let (error, _) = try await Self.run(limits: limits, timeoutMs: 300, memoryKiB: 64 << 10) { channel, header in
            guard header.type == .request else { return }
            var head = ByteBuffer()
            FrameWriter.writeResponseHead(
                to: &head, slot: header.id, status: .ok, payloadBytes: Int(WireLimits.maxFrameCeiling))
            channel.writeAndFlush(head, promise: nil)
            let part = ByteBuffer(repeating: 1, count: (1 << 20) - 1)
            for _ in 0..<16 { channel.writeAndFlush(part, promise: nil) }
        }
        #expect(error?.status == .deadlineExceeded)
    }
}

/// A number that closures count.
private final class Counter: Sendable {
    let count = Atomic<Int>(0)
}
