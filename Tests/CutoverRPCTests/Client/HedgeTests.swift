import CutoverWire
import Logging
import NIOCore
import Synchronization
import Testing

@testable import CutoverRPC

@Suite struct HedgeTests {
    static func method(_ name: String, hasNoSideEffects: Bool) -> RPCMethod {
        let name = "cutover.test.Hedge/\(name)"
        return RPCMethod(
            name: name, id: MethodID.hash(of: name), kind: .unary, isIdempotent: true,
            hasNoSideEffects: hasNoSideEffects, role: .any)
    }

    static let read = method("Read", hasNoSideEffects: true)
    static let write = method("Write", hasNoSideEffects: false)

    /// A server whose first handler hangs until it is cancelled, and whose others answer at once with their number.
    final class SlowAtFirst: Sendable {
        let calls = Atomic<Int>(0)
        let cancelled = Atomic<Int>(0)

        func serve(_ payload: ByteBuffer) async throws -> ByteBuffer {
            let number = calls.wrappingAdd(1, ordering: .relaxed).newValue
            guard number == 1 else { return ByteBuffer(integer: UInt32(number)) }
            do {
                try await Task.sleep(for: .milliseconds(payload.getInteger(at: 0, as: UInt32.self) ?? 60_000))
            } catch {
                cancelled.wrappingAdd(1, ordering: .relaxed)
                throw error
            }
            return ByteBuffer(integer: UInt32(number))
        }

        func start() async throws -> RPCServer {
            var router = RPCRouter()
            for method in [HedgeTests.read, HedgeTests.write] {
                try router.register(method, unary: { payload, _ in try await self.serve(payload) })
            }
            let configuration = RPCServerConfiguration(endpoint: .tcp(host: "127.0.0.1", port: 0))
            return try await RPCServer.start(
                configuration: configuration, router: router, logger: Logger(label: "test"))
        }
    }

    func with(_ body: (SlowAtFirst, RPCClient) async throws -> Void) async throws {
        let handlers = SlowAtFirst()
        let server = try await handlers.start()
        let client = RPCClient(
            configuration: RPCClientConfiguration(endpoint: .tcp(host: "127.0.0.1", port: server.port ?? 0)),
            logger: Logger(label: "test"))
        do {
            try await body(handlers, client)
        } catch {
            await client.shutdown(grace: .zero)
            await server.shutdown(grace: .zero)
            throw error
        }
        await client.shutdown(grace: .seconds(1))
        await server.shutdown(grace: .zero)
    }

    func options(hedgeAfterMs: UInt32) -> CallOptions {
        var options = timeout(10_000)
        options.hedgeAfterMs = hedgeAfterMs
        return options
    }

    @Test func theHedgeAnswersAndTheFirstIsCancelled() async throws {
        try await with { handlers, client in
            let answer = try await client.unary(Self.read, ByteBuffer(), options: options(hedgeAfterMs: 20))
            #expect(answer.getInteger(at: 0, as: UInt32.self) == 2)
            #expect(await eventually { handlers.cancelled.load(ordering: .relaxed) == 1 })
        }
    }

    @Test func oneThatAnswersInTimeIsNotHedged() async throws {
        try await with { handlers, client in
            let answer = try await client.unary(
                Self.read, ByteBuffer(integer: UInt32(1)), options: options(hedgeAfterMs: 8_000))
            #expect(answer.getInteger(at: 0, as: UInt32.self) == 1)
            #expect(handlers.calls.load(ordering: .relaxed) == 1)
        }
    }

    @Test func aMethodWithSideEffectsIsNeverHedged() async throws {
        try await with { handlers, client in
            let answer = try await client.unary(
                Self.write, ByteBuffer(integer: UInt32(300)), options: options(hedgeAfterMs: 10))
            #expect(answer.getInteger(at: 0, as: UInt32.self) == 1)
            #expect(handlers.calls.load(ordering: .relaxed) == 1)
        }
    }

    @Test func withoutABudgetThereIsNoHedge() async throws {
        try await with { handlers, client in
            var spent = 0
            while client.pool.budget.spend() { spent += 1 }
            #expect(spent == 1_024)
            let answer = try await client.unary(
                Self.read, ByteBuffer(integer: UInt32(300)), options: options(hedgeAfterMs: 10))
            #expect(answer.getInteger(at: 0, as: UInt32.self) == 1)
            #expect(handlers.calls.load(ordering: .relaxed) == 1)
        }
    }

    @Test func theCallersCancellationEndsBoth() async throws {
        try await with { handlers, client in
            let call = Task { try await client.unary(Self.read, ByteBuffer(), options: options(hedgeAfterMs: 60_000)) }
            #expect(await eventually { handlers.calls.load(ordering: .relaxed) == 1 })
            call.cancel()
            let error = await #expect(throws: RPCError.self) { try await call.value }
            #expect(error?.status == .cancelled)
            #expect(await eventually { handlers.cancelled.load(ordering: .relaxed) == 1 })
        }
    }

    @Test func theDeadlineEndsBoth() async throws {
        try await with { handlers, client in
            var options = options(hedgeAfterMs: 60_000)
            options.timeoutMs = 300
            let error = await #expect(throws: RPCError.self) {
                try await client.unary(Self.read, ByteBuffer(), options: options)
            }
            #expect(error?.status == .deadlineExceeded)
        }
    }
}
