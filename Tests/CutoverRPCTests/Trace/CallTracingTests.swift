import CutoverWire
import InMemoryTracing
import Logging
import NIOCore
import Testing
import Tracing

@testable import CutoverRPC

@Suite struct CallTracingTests {
    @Test func aCallIsASpanAtBothEndsOfOneTrace() async throws {
        let tracer = InMemoryTracer()
        try await TestServer.with({ $0.tracer = tracer }) { server in
            try await server.withClient({ $0.tracer = tracer }) { client in
                _ = try await client.unary(TestMethod.echo, ByteBuffer(string: "x"), options: timeout(20_000))
            }
        }
        let spans = tracer.finishedSpans
        #expect(spans.count == 2)
        let sent = try #require(spans.first { $0.kind == .client })
        let served = try #require(spans.first { $0.kind == .server })
        #expect(sent.operationName == TestMethod.echo.name && served.operationName == TestMethod.echo.name)
        #expect(served.traceID == sent.traceID)
        #expect(served.parentSpanID == sent.spanID)
        for span in spans {
            #expect(span.attributes.get("rpc.service") == .string("cutover.test.Test"))
            #expect(span.attributes.get("rpc.method") == .string("Echo"))
            #expect(span.attributes.get("rpc.cutover.status_code") == .int64(0))
            #expect(span.errors.isEmpty)
        }
    }

    @Test func aFailureIsNotedWithoutItsText() async throws {
        let tracer = InMemoryTracer()
        try await TestServer.with({ $0.tracer = tracer }) { server in
            try await server.withClient({ $0.tracer = tracer }) { client in
                _ = await #expect(throws: RPCError.self) {
                    try await client.unary(TestMethod.upper, ByteBuffer(), options: timeout(20_000))
                }
            }
        }
        let spans = tracer.finishedSpans
        #expect(spans.count == 2)
        for span in spans {
            #expect(span.attributes.get("rpc.cutover.status_code") == .int64(9))
            #expect(span.status == SpanStatus(code: .error))
            #expect(!"\(span)".contains("not now"))
        }
    }

    @Test func aStreamIsASpanOfTheServer() async throws {
        let tracer = InMemoryTracer()
        try await TestServer.with({ $0.tracer = tracer }) { server in
            try await server.withClient { client in
                let stream = client.serverStream(
                    TestMethod.count, ByteBuffer(integer: UInt32(3)), options: timeout(20_000))
                var count = 0
                for try await _ in stream { count += 1 }
                #expect(count == 3)
            }
        }
        #expect(tracer.finishedSpans.map(\.operationName) == [TestMethod.count.name])
    }
}
