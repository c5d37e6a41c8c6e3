import NIOCore
import NIOEmbedded
import NIOTLS
import Testing

@testable import CutoverRPC

/// What stands behind the TLS library, which accepts a client without our protocol.
@Suite struct TLSServerHandshakeTests {
    private static func channel() throws -> EmbeddedChannel {
        let edge = TLSServerEdge()
        let channel = EmbeddedChannel()
        try channel.pipeline.syncOperations.addHandlers([edge, TLSServerHandshake(edge: edge)])
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        return channel
    }

    @Test func withOurProtocolBothHandlersLeave() throws {
        let channel = try Self.channel()
        channel.pipeline.fireUserInboundEventTriggered(TLSUserEvent.handshakeCompleted(negotiatedProtocol: "cutover/1"))
        let bytes = ByteBuffer(string: "preface")
        try channel.writeInbound(bytes)
        #expect(try channel.readInbound(as: ByteBuffer.self) == bytes)
        #expect((try? channel.pipeline.syncOperations.handler(type: TLSServerEdge.self)) == nil)
        #expect((try? channel.pipeline.syncOperations.handler(type: TLSServerHandshake.self)) == nil)
        #expect(channel.isActive)
        _ = try channel.finish()
    }

    @Test(arguments: [nil, "h2", "cutover/2", "cutover/1 ", ""])
    func withAnotherProtocolNothingComesThrough(_ negotiated: String?) throws {
        let channel = try Self.channel()
        channel.pipeline.fireUserInboundEventTriggered(TLSUserEvent.handshakeCompleted(negotiatedProtocol: negotiated))
        try channel.writeInbound(ByteBuffer(string: "preface"))
        #expect(try channel.readInbound(as: ByteBuffer.self) == nil)
        channel.embeddedEventLoop.advanceTime(by: .seconds(2))
        #expect(!channel.isActive)
    }

    @Test func nothingComesThroughBeforeTheHandshake() throws {
        let channel = try Self.channel()
        try channel.writeInbound(ByteBuffer(bytes: [0xB5, 0x52, 0x50, 0x43, 1, 0, 0, 0]))
        #expect(try channel.readInbound(as: ByteBuffer.self) == nil)
        channel.close(promise: nil)
        channel.embeddedEventLoop.advanceTime(by: .seconds(2))
        #expect(!channel.isActive)
    }
}
