import CutoverMetrics
import CutoverRPC
@testable import CutoverServer
import CutoverWire
import NIOCore
import TestHTTP
import Testing

@Suite struct RPCMetricsTests {
    @Test func everyReasonHasALabelOfItsOwn() {
        let labels = GoAwayReason.allKnown.map(\.label)
        #expect(Set(labels).count == labels.count && !labels.contains("unknown"))
        #expect(GoAwayReason(rawValue: 4_000).label == "unknown")
        #expect(GoAwayReason.allKnown.map { $0.rawValue }.sorted() == Array(0...12))
    }

    /// Whatever is called, the labels are those of the methods that are served.
    @Test func methodsThatAreNotServedShareOneSeries() async throws {
        try await ServerAccessTests.Rig.with({ configuration, _ in
            configuration.observation.metricsListen = "127.0.0.1:0"
        }) { rig in
            let port = try #require(rig.server.metricsPort)
            let before = try await HTTPProbe.request("/metrics", port: port).split(separator: "\n").count
            let hostile = ["a\"} 1\n", "../../etc", String(repeating: "x", count: 5_000), "cutover.v1.Health/Chec"]
            var calls = 0
            for round in 0..<50 {
                let client = try rig.client(nil)
                for name in hostile {
                    let name = "\(name)\(round)"
                    let method = RPCMethod(
                        name: name, id: MethodID.hash(of: name), kind: .unary, isIdempotent: false, role: .any)
                    _ = await #expect(throws: RPCError.self) {
                        try await client.unary(method, ByteBuffer(), options: CallOptions())
                    }
                    calls += 1
                }
                await client.shutdown(grace: .zero)
            }
            let text = try await HTTPProbe.request("/metrics", port: port)
            #expect(text.contains("\ncutover_rpc_calls_total{method=\"unknown\",status=\"UNIMPLEMENTED\"} \(calls)\n"))
            // None of it is there, and the text has as many lines as before.
            #expect(!text.contains("xxxx") && !text.contains("etc") && !text.contains("Health/Chec0"))
            #expect(text.split(separator: "\n").count == before)
        }
    }
}
