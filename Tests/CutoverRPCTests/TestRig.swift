import CutoverLocking
import CutoverModel
import CutoverWire
import Logging
import NIOCore
import NIOPosix
import NIOSSL
import struct Synchronization.Atomic

@testable import CutoverRPC

/// Methods the tests serve.
enum TestMethod {
    static func make(
        _ name: String, _ kind: RPCMethod.Kind = .unary, isIdempotent: Bool = false, role: Role = .any
    ) -> RPCMethod {
        let name = "cutover.test.Test/\(name)"
        return RPCMethod(name: name, id: MethodID.hash(of: name), kind: kind, isIdempotent: isIdempotent, role: role)
    }

    static let health = RPCMethod(
        name: "cutover.v1.Health/Check", id: MethodID.healthCheck, kind: .unary, isIdempotent: true, role: .any)
    static let echo = make("Echo", isIdempotent: true)
    static let upper = make("Fail")
    static let sleep = make("Sleep")
    /// Does not end when it is cancelled, but when it is released.
    static let stubborn = make("Stubborn")
    /// Fails for the reason that its payload names.
    static let refuse = make("Refuse")
    static let count = make("Count", .serverStream)
    static let endless = make("Endless", .serverStream)
    /// Needs the role force.
    static let guarded = make("Guarded", role: .force)
    /// Declares no role.
    static let undeclared = make("Undeclared", role: .unspecified)
}

/// A server on loopback with the test methods, and what its handlers saw.
final class TestServer: Sendable {
    let server: RPCServer
    let port: Int
    let seen: Seen

    /// Counts what handlers did.
    final class Seen: Sendable {
        let cancelled = Atomic<Int>(0)
        let started = Atomic<Int>(0)
        let items = Atomic<Int>(0)
        let isReleased = Atomic<Bool>(false)
    }

    private init(server: RPCServer, port: Int, seen: Seen) {
        self.server = server
        self.port = port
        self.seen = seen
    }

    static func start(_ change: (inout RPCServerConfiguration) -> Void = { _ in }) async throws -> TestServer {
        var configuration = RPCServerConfiguration(endpoint: .tcp(host: "127.0.0.1", port: 0))
        change(&configuration)
        let seen = Seen()
        let server = try await RPCServer.start(
            configuration: configuration, router: router(seen), logger: Logger(label: "test"))
        return TestServer(server: server, port: server.port ?? 0, seen: seen)
    }

    static func with<T>(
        _ change: (inout RPCServerConfiguration) -> Void = { _ in }, _ body: (TestServer) async throws -> T
    ) async throws -> T {
        let server = try await start(change)
        do {
            let result = try await body(server)
            await server.server.shutdown(grace: .zero)
            return result
        } catch {
            await server.server.shutdown(grace: .zero)
            throw error
        }
    }

    private static func router(_ seen: Seen) throws -> RPCRouter {
        var router = RPCRouter()
        try router.register(TestMethod.health, inlineUnary: { _, _ in ByteBuffer(bytes: [0x08, 0x01]) })
        try router.register(TestMethod.echo, unary: { payload, _ in payload })
        try router.register(
            TestMethod.upper,
            unary: { _, call in
                throw RPCError(
                    .failedPrecondition, "not now", reason: "NOT_NOW",
                    details: [RPCErrorDetail(key: "method", value: call.method.name)], retryAfterMs: 7)
            })
        try router.register(
            TestMethod.sleep,
            unary: { payload, _ in
                seen.started.add(1, ordering: .relaxed)
                do {
                    try await Task.sleep(for: .milliseconds(payload.getInteger(at: 0, as: UInt32.self) ?? 60_000))
                } catch {
                    seen.cancelled.add(1, ordering: .relaxed)
                    throw error
                }
                return payload
            })
        try router.register(
            TestMethod.stubborn,
            unary: { payload, _ in
                seen.started.add(1, ordering: .relaxed)
                while !seen.isReleased.load(ordering: .relaxed) {
                    // In a task of its own, which is not cancelled.
                    await Task { try? await Task.sleep(for: .milliseconds(2)) }.value
                }
                return payload
            })
        try router.register(
            TestMethod.refuse,
            unary: { payload, _ in
                let reason = String(buffer: payload)
                let isBudget = reason == RPCError.Reason.unpackBudget || reason == RPCError.Reason.overloaded
                throw RPCError(isBudget ? .resourceExhausted : .invalidArgument, "as it was asked for", reason: reason)
            })
        for method in [TestMethod.guarded, TestMethod.undeclared] {
            try router.register(
                method,
                unary: { payload, _ in
                    seen.started.add(1, ordering: .relaxed)
                    return payload
                })
        }
        try router.register(
            TestMethod.count,
            serverStream: { payload, _, writer in
                for number in 0..<(payload.getInteger(at: 0, as: UInt32.self) ?? 0) {
                    try await writer.write(ByteBuffer(integer: number))
                }
            })
        try router.register(
            TestMethod.endless,
            serverStream: { _, _, writer in
                seen.started.add(1, ordering: .relaxed)
                do {
                    while true {
                        try await writer.write(ByteBuffer(repeating: 7, count: 1_000))
                        seen.items.add(1, ordering: .relaxed)
                    }
                } catch {
                    seen.cancelled.add(1, ordering: .relaxed)
                    throw error
                }
            })
        return router
    }

    /// Runs `body` with a client of this server.
    func withClient<T>(
        _ change: (inout RPCClientConfiguration) -> Void = { _ in }, _ body: (RPCClient) async throws -> T
    ) async throws -> T {
        var configuration = RPCClientConfiguration(endpoint: .tcp(host: "127.0.0.1", port: port))
        change(&configuration)
        let client = RPCClient(configuration: configuration, logger: Logger(label: "test"))
        do {
            let result = try await body(client)
            await client.shutdown(grace: .seconds(1))
            return result
        } catch {
            await client.shutdown(grace: .zero)
            throw error
        }
    }
}

/// Waits until a condition holds; false after ten seconds.
func eventually(_ condition: () -> Bool) async -> Bool {
    for _ in 0..<2_000 {
        if condition() { return true }
        try? await Task.sleep(for: .milliseconds(5))
    }
    return condition()
}

/// Options with a timeout.
func timeout(_ ms: UInt32) -> CallOptions {
    var options = CallOptions()
    options.timeoutMs = ms
    return options
}

/// A client that speaks bytes, for what the real client would never send.
final class RawClient: Sendable {
    private final class Collector: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer
        let bytes = Mutex(ByteBuffer())
        let isClosed = Atomic<Bool>(false)

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            var buffer = unwrapInboundIn(data)
            bytes.withLock { _ = $0.writeBuffer(&buffer) }
        }

        func channelInactive(context: ChannelHandlerContext) {
            isClosed.store(true, ordering: .relaxed)
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            context.close(promise: nil)
        }
    }

    private let channel: any Channel
    private let collector: Collector

    private init(channel: any Channel, collector: Collector) {
        self.channel = channel
        self.collector = collector
    }

    /// - Parameter tls: what to speak TLS with; its server must be named localhost.
    static func connect(port: Int, tls: NIOSSLContext? = nil) async throws -> RawClient {
        let collector = Collector()
        let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls {
                        try channel.pipeline.syncOperations.addHandler(
                            NIOSSLClientHandler(context: tls, serverHostname: "localhost"))
                    }
                    try channel.pipeline.syncOperations.addHandler(collector)
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
        return RawClient(channel: channel, collector: collector)
    }

    /// Connects and sends preface and HELLO.
    static func setUp(
        port: Int, tls: NIOSSLContext? = nil, hello: Hello = Hello()
    ) async throws -> RawClient {
        let client = try await connect(port: port, tls: tls)
        var buffer = ByteBuffer()
        Preface.write(to: &buffer)
        hello.writeFrame(to: &buffer)
        client.send(buffer)
        return client
    }

    func send(_ buffer: ByteBuffer) {
        channel.writeAndFlush(buffer, promise: nil)
    }

    func send(hex: String) {
        send(ByteBuffer(hex: hex))
    }

    var isClosed: Bool { collector.isClosed.load(ordering: .relaxed) }
    var received: ByteBuffer { collector.bytes.withLock { $0 } }

    /// The frames that came so far; the bytes must be whole frames of a server.
    var frames: [(header: FrameHeader, body: ByteBuffer)] {
        var buffer = received
        var decoder = FrameDecoder(sender: .server, maxFrameBytes: WireLimits.maxFrameCeiling)
        var result: [(FrameHeader, ByteBuffer)] = []
        while case .frame(let header) = decoder.next(in: &buffer) {
            result.append((header, buffer.readSlice(length: Int(header.length)) ?? ByteBuffer()))
        }
        return result
    }

    /// How many RESPONSEs came so far.
    var responses: Int { frames.count { $0.header.type == .response } }

    /// Takes no more bytes from the server.
    func stopReading() {
        channel.setOption(.autoRead, value: false).whenComplete { _ in }
    }

    /// From now on one read brings so many bytes at most.
    func readSlowly(bytes: Int) {
        channel.setOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: bytes)).whenComplete { _ in
        }
        channel.setOption(.maxMessagesPerRead, value: 1).whenComplete { _ in }
    }

    /// Takes what one read brings.
    func readOnce() {
        channel.read()
    }

    func startReading() {
        channel.setOption(.autoRead, value: true).whenComplete { _ in }
    }

    /// Sends, and hangs up. A server that hung up first is as it should be.
    func sendAndClose(_ buffer: ByteBuffer) async {
        try? await channel.writeAndFlush(buffer).get()
        try? await channel.close().get()
    }

    func close() {
        channel.close(promise: nil)
    }
}

extension ByteBuffer {
    /// A REQUEST, whole.
    static func request(
        _ method: RPCMethod, slot: UInt32, timeoutMs: UInt32 = 0, creditBytes: UInt32 = 0,
        payload: ByteBuffer = ByteBuffer()
    ) -> ByteBuffer {
        var buffer = ByteBuffer()
        FrameWriter.writeRequestHead(
            to: &buffer, slot: slot, methodID: method.id,
            flags: method.kind == .serverStream ? RequestFlags.stream : 0, timeoutMs: timeoutMs,
            creditBytes: creditBytes, metadata: Metadata(), payloadBytes: payload.readableBytes)
        buffer.writeImmutableBuffer(payload)
        return buffer
    }

    /// The bytes of hexadecimal digits; blanks are skipped.
    init(hex: String) {
        let digits = hex.compactMap(\.hexDigitValue)
        self.init(
            bytes: stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) })
    }
}
