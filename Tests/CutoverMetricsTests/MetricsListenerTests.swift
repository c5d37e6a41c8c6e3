import CutoverMetrics
import Logging
import NIOCore
import Synchronization
import TestHTTP
import Testing

/// The listener over real sockets, with clients that are none.
@Suite struct MetricsListenerTests {
    private func with(
        _ change: (inout MetricsListener.Limits) -> Void = { _ in },
        metrics: @escaping @Sendable () async -> String = { "answer 42\n" },
        isHealthy: @escaping @Sendable () -> Bool = { true },
        _ body: (Int) async throws -> Void
    ) async throws {
        var limits = MetricsListener.Limits()
        change(&limits)
        let listener = try await MetricsListener.start(
            address: SocketAddress(ipAddress: "127.0.0.1", port: 0), limits: limits,
            content: MetricsListener.Content(metrics: metrics, isHealthy: isHealthy), logger: Logger(label: "test"))
        do {
            try await body(listener.port)
        } catch {
            await listener.shutdown()
            throw error
        }
        await listener.shutdown()
    }

    @Test func metricsAndHealth() async throws {
        let isHealthy = Atomic<Bool>(true)
        try await with(isHealthy: { isHealthy.load(ordering: .relaxed) }) { port in
            for path in ["/metrics", "/metrics?name[]=x"] {
                let answer = try await HTTPProbe.request(path, port: port)
                #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n") && answer.hasSuffix("\r\n\r\nanswer 42\n"))
                #expect(answer.contains("content-type: text/plain; version=0.0.4; charset=utf-8\r\n"))
                #expect(answer.contains("content-length: 10\r\n") && answer.contains("connection: close\r\n"))
            }
            #expect(try await HTTPProbe.request("/healthz", port: port).hasPrefix("HTTP/1.1 200 OK\r\n"))
            isHealthy.store(false, ordering: .relaxed)
            let answer = try await HTTPProbe.request("/healthz", port: port)
            #expect(answer.hasPrefix("HTTP/1.1 503 ") && answer.hasSuffix("not serving\n"))
        }
    }

    @Test func aLargeAnswerArrivesWhole() async throws {
        let text = String(repeating: "a_line_of_a_metric 1\n", count: 100_000)
        try await with(metrics: { text }) { port in
            let answer = try await HTTPProbe.request("/metrics", port: port)
            #expect(answer.hasSuffix("\r\n\r\n" + text))
        }
    }

    @Test func nothingElseIsThere() async throws {
        try await with { port in
            for path in ["/", "/metrics/", "/metricsx", "/%6detrics", "//metrics", "/debug", "*"] {
                let answer = try await HTTPProbe.request(path, port: port)
                #expect(answer.hasPrefix("HTTP/1.1 404 "), "\(path): \(answer)")
                #expect(answer.hasSuffix("Ask for /metrics or /healthz.\n"))
            }
            for method in ["POST", "PUT", "DELETE", "OPTIONS", "HEAD"] {
                let answer = try await HTTPProbe.request("/metrics", method: method, port: port)
                #expect(answer.hasPrefix("HTTP/1.1 405 ") && answer.contains("allow: GET\r\n"), "\(method): \(answer)")
            }
        }
    }

    @Test(arguments: [
        "\u{16}\u{03}\u{01}garbage\r\n\r\n", "CUTOVER/1\r\n\r\n", "GET\r\n\r\n", "get /metrics HTTP/9.9\r\n\r\n",
    ])
    func whatIsNotHTTPIsToldSo(_ bytes: String) async throws {
        try await with { port in
            let probe = try HTTPProbe(port: port)
            probe.send(bytes)
            let answer = await probe.receive()
            #expect(answer.hasPrefix("HTTP/1.1 400 ") && answer.hasSuffix("Send GET /metrics.\n"), "\(answer)")
        }
    }

    @Test func aRequestOverTheLimitIsRefused() async throws {
        try await with { port in
            let large = try HTTPProbe(port: port)
            large.send("GET /metrics HTTP/1.1\r\nX: \(String(repeating: "a", count: 200_000))\r\n\r\n")
            #expect(await large.receive().hasPrefix("HTTP/1.1 431 "))
            let many = try HTTPProbe(port: port)
            many.send("GET /metrics HTTP/1.1\r\n" + String(repeating: "A: b\r\n", count: 5_000) + "\r\n")
            #expect(await many.receive().hasPrefix("HTTP/1.1 431 "))
            let body = try HTTPProbe(port: port)
            body.send(
                "GET /metrics HTTP/1.1\r\nContent-Length: 100000\r\n\r\n" + String(repeating: "x", count: 100_000))
            #expect(await body.receive().hasPrefix("HTTP/1.1 431 "))
            let allowed = try HTTPProbe(port: port)
            allowed.send("GET /metrics HTTP/1.1\r\nX: \(String(repeating: "a", count: 7_000))\r\n\r\n")
            #expect(await allowed.receive().hasPrefix("HTTP/1.1 200 "))
        }
    }

    @Test func aSlowClientIsEndedAtTheDeadline() async throws {
        try await with({ $0.requestDeadlineMs = 200 }) { port in
            let silent = try HTTPProbe(port: port)
            #expect(await silent.receive().hasPrefix("HTTP/1.1 408 "))
            let half = try HTTPProbe(port: port)
            half.send("GET /metrics HTTP/1.1\r\nHost: ")
            #expect(await half.receive().hasPrefix("HTTP/1.1 408 "))
        }
    }

    /// The text never comes: the connection ends all the same.
    @Test func aSlowAnswerIsGivenUpAtTheDeadline() async throws {
        try await with({ $0.requestDeadlineMs = 200 }, metrics: { await Self.never() }) { port in
            let answer = try await HTTPProbe.request("/metrics", port: port)
            #expect(answer == "")
        }
    }

    private static func never() async -> String {
        try? await Task.sleep(for: .seconds(20))
        return "late"
    }

    @Test func connectionsAreBounded() async throws {
        try await with({ $0.maxConnections = 2 }) { port in
            var held = [try HTTPProbe(port: port), try HTTPProbe(port: port)]
            for probe in held { probe.send("GET /me") }
            var refused = ""
            // Connections are counted when the listener has taken them, which may be later than our connecting.
            for _ in 0..<200 where !refused.hasPrefix("HTTP/1.1 503 ") {
                refused = try await HTTPProbe.request("/metrics", port: port)
            }
            #expect(refused.hasPrefix("HTTP/1.1 503 ") && refused.hasSuffix("or from fewer places.\n"))
            held.removeAll()
            var answer = ""
            for _ in 0..<200 where !answer.hasPrefix("HTTP/1.1 200 ") {
                answer = try await HTTPProbe.request("/metrics", port: port)
            }
            #expect(answer.hasPrefix("HTTP/1.1 200 "), "there is room again")
        }
    }

    @Test func aClientThatHasSaidEverythingStillGetsItsAnswer() async throws {
        try await with { port in
            let probe = try HTTPProbe(port: port)
            probe.send("GET /metrics HTTP/1.1\r\n\r\n")
            probe.finishSending()
            #expect(await probe.receive().hasSuffix("answer 42\n"))
        }
    }
}
