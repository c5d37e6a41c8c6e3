import CutoverLocking
import CutoverWire
import Logging
import NIOCore
import NIOPosix
import struct Synchronization.Atomic

@testable import CutoverRPC

/// A server of bytes: what it does on its first connection is the test's; on each further one it answers every call with
/// its own payload.
final class HostilePeer: Sendable {
    /// What the first connection does: the channel, and each frame of the client after its HELLO.
    typealias Attack = @Sendable (any Channel, FrameHeader) -> Void

    /// Serves one connection.
    private final class Session: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let peer: HostilePeer
        private let attack: Attack?
        private var gathered = ByteBuffer()
        private var isGreeted = false
        private var decoder = FrameDecoder(sender: .client, maxFrameBytes: WireLimits.maxFrameCeiling)

        init(peer: HostilePeer, attack: Attack?) {
            self.peer = peer
            self.attack = attack
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            var bytes = unwrapInboundIn(data)
            gathered.writeBuffer(&bytes)
            if !isGreeted {
                guard case .accepted = Preface.parse(&gathered) else { return }
                isGreeted = true
            }
            while case .frame(let header) = decoder.next(in: &gathered) {
                let body = gathered.readSlice(length: Int(header.length)) ?? ByteBuffer()
                take(header, body, context: context)
            }
        }

        private func take(_ header: FrameHeader, _ body: ByteBuffer, context: ChannelHandlerContext) {
            peer.taken.withLock { $0.append(header) }
            if header.type == .hello, attack == nil || peer.greets {
                var hello = ByteBuffer()
                Hello().writeFrame(to: &hello)
                context.channel.writeAndFlush(hello, promise: nil)
            }
            if let attack { return attack(context.channel, header) }
            guard header.type == .request else { return }
            let payload = body.getSlice(at: body.readerIndex + 8, length: body.readableBytes - 8) ?? ByteBuffer()
            var answer = ByteBuffer()
            FrameWriter.writeResponseHead(
                to: &answer, slot: header.id, status: .ok, payloadBytes: payload.readableBytes)
            answer.writeImmutableBuffer(payload)
            context.channel.writeAndFlush(answer, promise: nil)
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            context.close(promise: nil)
        }
    }

    /// The frames that came, of all connections.
    let taken = Mutex<[FrameHeader]>([])
    let connections = Atomic<Int>(0)
    /// Whether the first connection says HELLO by itself.
    let greets: Bool
    private let listener = Mutex<(any Channel)?>(nil)

    private init(greets: Bool) {
        self.greets = greets
    }

    /// Runs `body` with a client whose first connection is attacked.
    static func with(
        greets: Bool = true, limits: WireLimits = WireLimits(), attack: @escaping Attack,
        _ body: (HostilePeer, RPCClient) async throws -> Void
    ) async throws {
        let peer = HostilePeer(greets: greets)
        let listener = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .childChannelInitializer { channel in
                let isFirst = peer.connections.add(1, ordering: .relaxed).newValue == 1
                return channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        Session(peer: peer, attack: isFirst ? attack : nil))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        var configuration = RPCClientConfiguration(
            endpoint: .tcp(host: "127.0.0.1", port: listener.localAddress?.port ?? 0))
        configuration.limits = limits
        let client = RPCClient(configuration: configuration, logger: Logger(label: "test"))
        do {
            try await body(peer, client)
        } catch {
            await client.shutdown(grace: .zero)
            try await listener.close().get()
            throw error
        }
        await client.shutdown(grace: .zero)
        try await listener.close().get()
    }

    func count(_ type: FrameType) -> Int { taken.withLock { $0.count { $0.type == type } } }
}
