import CutoverLocking
import CutoverWire
import Logging
import NIOCore
import Testing
import Tracing

@testable import CutoverRPC

/// What a call takes over from the one that is being served when a handler makes it.
@Suite struct CallInheritanceTests {
    static let inner = TestMethod.make("Inner")
    static let outer = TestMethod.make("Outer")
    static let traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

    /// What reached the inner server.
    final class Seen: Sendable {
        let calls = Mutex<[CallContext]>([])
    }

    /// Runs `body` with a client of a server whose handler calls a second server with `nested`; what that one was sent.
    func seen(
        nested: CallOptions, _ body: (RPCClient) async throws -> Void
    ) async throws -> [CallContext] {
        let seen = Seen()
        var innerRouter = RPCRouter()
        try innerRouter.register(
            Self.inner,
            unary: { payload, call in
                seen.calls.withLock { $0.append(call) }
                return payload
            })
        let inner = try await start(innerRouter)
        let innerClient = client(inner)
        var outerRouter = RPCRouter()
        try outerRouter.register(
            Self.outer, unary: { payload, _ in try await innerClient.unary(Self.inner, payload, options: nested) })
        let outer = try await start(outerRouter)
        let outerClient = client(outer)
        let result: Result<Void, any Error>
        do {
            result = .success(try await body(outerClient))
        } catch {
            result = .failure(error)
        }
        for client in [outerClient, innerClient] { await client.shutdown(grace: .zero) }
        for server in [outer, inner] { await server.shutdown(grace: .zero) }
        try result.get()
        return seen.calls.withLock { $0 }
    }

    func start(_ router: RPCRouter) async throws -> RPCServer {
        try await RPCServer.start(
            configuration: RPCServerConfiguration(endpoint: .tcp(host: "127.0.0.1", port: 0)), router: router,
            logger: Logger(label: "test"))
    }

    func client(_ server: RPCServer) -> RPCClient {
        RPCClient(
            configuration: RPCClientConfiguration(endpoint: .tcp(host: "127.0.0.1", port: server.port ?? 0)),
            logger: Logger(label: "test"))
    }

    @Test func aNestedCallHasTheEarlierDeadline() async throws {
        let limit = NIODeadline.now() + .seconds(21)
        let calls = try await seen(nested: timeout(600_000)) { client in
            _ = try await client.unary(Self.outer, ByteBuffer(), options: timeout(20_000))
        }
        #expect(try #require(calls.first?.deadline) < limit, "the outer call's")
        let others = try await seen(nested: timeout(20_000)) { client in
            _ = try await client.unary(Self.outer, ByteBuffer(), options: timeout(600_000))
        }
        #expect(try #require(others.first?.deadline) < limit + .seconds(30), "its own")
        let unlimited = try await seen(nested: timeout(0)) { client in
            _ = try await client.unary(Self.outer, ByteBuffer(), options: timeout(0))
        }
        #expect(unlimited.count == 1 && unlimited.first?.deadline == nil)
    }

    @Test func aCallWhoseInheritedDeadlineHasPassedIsNotSent() async throws {
        let passed = CallContext(
            method: Self.outer, deadline: .now() - .seconds(1), metadata: Metadata(), remoteAddress: "", identity: nil)
        try await TestServer.with { server in
            try await server.withClient { client in
                let error = await #expect(throws: RPCError.self) {
                    try await CallInheritance.$current.withValue(CallInheritance(passed)) {
                        try await client.unary(TestMethod.echo, ByteBuffer(), options: timeout(60_000))
                    }
                }
                #expect(error?.status == .deadlineExceeded)
                #expect(error?.isNotExecuted == true)
            }
            #expect(server.server.connectionCount == 0)
        }
    }

    @Test func theTraceIsPassedOnAsItCame() async throws {
        var options = timeout(20_000)
        try options.metadata.append("traceparent", Self.traceparent)
        try options.metadata.append("tracestate", "vendor=1")
        try options.metadata.append("other", "not this")
        let calls = try await seen(nested: timeout(20_000)) { client in
            _ = try await client.unary(Self.outer, ByteBuffer(), options: options)
        }
        let metadata = try #require(calls.first?.metadata)
        #expect(metadata.entries.map(\.key) == ["traceparent", "tracestate"])
        #expect(metadata.firstText("traceparent") == Self.traceparent)
    }

    @Test func aTraceOfItsOwnStays() async throws {
        var options = timeout(20_000)
        try options.metadata.append("traceparent", Self.traceparent)
        var nested = timeout(20_000)
        let own = Self.traceparent.replacing("4bf9", with: "aaaa")
        try nested.metadata.append("traceparent", own)
        let calls = try await seen(nested: nested) { client in
            _ = try await client.unary(Self.outer, ByteBuffer(), options: options)
        }
        #expect(calls.first?.metadata.entries.count == 1)
        #expect(calls.first?.metadata.firstText("traceparent") == own)
    }

    @Test func aTraceThatFindsNoRoomIsLeftOut() throws {
        var full = Metadata()
        try full.append("filler", [UInt8](repeating: 0, count: 8_000))
        while (try? full.append("f", [UInt8](repeating: 0, count: 10))) != nil {}
        var traced = Metadata()
        try traced.append("traceparent", Self.traceparent)
        let call = CallContext(
            method: Self.outer, deadline: nil, metadata: traced, remoteAddress: "", identity: nil)
        let inherited = try #require(CallInheritance(call))
        CallInheritance.$current.withValue(inherited) {
            #expect(CallTracing(nil).outgoing(full) == full)
            #expect(CallTracing(nil).outgoing(Metadata()) == traced)
        }
    }
}
