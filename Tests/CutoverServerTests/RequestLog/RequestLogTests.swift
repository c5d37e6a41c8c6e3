import CutoverMetrics
import CutoverModel
import CutoverRPC
@testable import CutoverServer
import CutoverWire
import Dispatch
import Logging
import NIOCore
import Synchronization
import Testing

@Suite struct RequestLogTests {
    // MARK: - Over real connections

    private struct Secretive: Error, CustomStringConvertible {
        let description = "hunter2-in-an-error"
    }

    /// Accepts everybody under a name that would break a log line.
    private struct Accepting: RPCAuthenticator {
        let isRequired = true

        func authenticate(_ request: RPCAuthenticationRequest) throws -> RPCCaller {
            RPCCaller(identity: "ann\nstatus=OK", permissions: .all)
        }
    }

    private static func method(_ name: String, _ kind: RPCMethod.Kind = .unary) -> RPCMethod {
        let name = "cutover.test.Log/\(name)"
        return RPCMethod(name: name, id: MethodID.hash(of: name), kind: kind, isIdempotent: false, role: .any)
    }

    private static let echo = method("Echo")
    private static let inline = method("Inline")
    private static let refuse = method("Refuse")
    private static let crash = method("Crash")
    private static let sleep = method("Sleep")
    private static let count = method("Count", .serverStream)

    private static func router() throws -> RPCRouter {
        var router = RPCRouter()
        try router.register(echo, unary: { payload, _ in payload })
        try router.register(inline, inlineUnary: { payload, _ in payload })
        try router.register(
            refuse,
            unary: { _, _ in
                throw RPCError(
                    .aborted, "hunter2-in-a-message", reason: "A\nB=C " + String(repeating: "r", count: 500),
                    details: [RPCErrorDetail(key: "password", value: "hunter2-in-a-detail")])
            })
        try router.register(crash, unary: { _, _ in throw Secretive() })
        try router.register(
            sleep,
            unary: { payload, _ in
                try await Task.sleep(for: .seconds(60))
                return payload
            })
        try router.register(
            count,
            serverStream: { _, _, writer in
                for _ in 0..<3 { try await writer.write(ByteBuffer(repeating: 1, count: 10)) }
            })
        return router
    }

    private static func record(
        all: Bool, _ body: (RPCClient) async throws -> Void
    ) async throws -> [String] {
        let lines = RecordingLog()
        let log = RequestLog(
            observesSuccess: all, linesPerSecond: 1_000, logger: lines.logger, metrics: MetricsRegistry())
        var configuration = RPCServerConfiguration(endpoint: .tcp(host: "127.0.0.1", port: 0))
        configuration.callObserver = log
        configuration.authenticator = Accepting()
        let server = try await RPCServer.start(
            configuration: configuration, router: router(),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        var options = RPCClientConfiguration(endpoint: .tcp(host: "127.0.0.1", port: server.port ?? 0))
        options.credentials = Array("hunter2-in-a-token".utf8)
        options.maxAttempts = 1
        let client = RPCClient(configuration: options, logger: Logger(label: "test"))
        do {
            try await body(client)
        } catch {
            await client.shutdown(grace: .zero)
            await server.shutdown(grace: .zero)
            throw error
        }
        await client.shutdown(grace: .zero)
        await server.shutdown(grace: .zero)
        await log.flush()
        return lines.text.split(separator: "\n").map(String.init)
    }

    private static let traceID = "4bf92f3577b34da6a3ce929d0e0e4736"

    private static func call(_ client: RPCClient, _ method: RPCMethod, timeoutMs: UInt32 = 10_000) async throws {
        var options = CallOptions()
        options.timeoutMs = timeoutMs
        try options.metadata.append("traceparent", "00-\(traceID)-00f067aa0ba902b7-01")
        try options.metadata.append("x-password", "hunter2-in-metadata")
        let payload = ByteBuffer(string: "hunter2-in-a-payload")
        do {
            switch method.kind {
            case .unary: _ = try await client.unary(method, payload, options: options)
            case .serverStream: for try await _ in client.serverStream(method, payload, options: options) {}
            }
        } catch is RPCError {
            // How it ended is in the log.
        }
    }

    /// The fields of the one line about a method.
    private static func line(_ lines: [String], _ method: String) throws -> String {
        let found = lines.filter { $0.contains("\"method\": \(method)") }
        #expect(found.count == 1, "\(found)")
        return try #require(found.first)
    }

    @Test func eachCallThatEndsIsOneLine() async throws {
        let unserved = Self.method("Unserved")
        let lines = try await Self.record(all: true) { client in
            for method in [Self.echo, Self.inline, Self.refuse, Self.crash, Self.count, unserved] {
                try await Self.call(client, method)
            }
            try await Self.call(client, Self.sleep, timeoutMs: 50)
        }
        #expect(lines.count == 7, "\(lines)")
        for method in [Self.echo, Self.inline] {
            let line = try Self.line(lines, method.name)
            #expect(line.hasPrefix("info call ") && line.contains("\"status\": OK") && !line.contains("reason"))
            #expect(line.contains("\"request_bytes\": 20") && line.contains("\"response_bytes\": 20"))
            #expect(line.contains("\"trace\": \(Self.traceID)") && line.contains("\"connection\": 1"))
            #expect(line.contains("\"peer\": 127.0.0.1:") && line.contains("\"duration_ms\": "))
            #expect(line.contains("\"caller\": ann%0Astatus%3DOK"))
        }
        let refused = try Self.line(lines, Self.refuse.name)
        #expect(refused.hasPrefix("notice call ") && refused.contains("\"status\": ABORTED"))
        #expect(refused.contains("\"reason\": A%0AB%3DC%20rrr") && refused.utf8.count < 700, "\(refused)")
        let crashed = try Self.line(lines, Self.crash.name)
        #expect(crashed.hasPrefix("warning call ") && crashed.contains("\"status\": INTERNAL"))
        #expect(try Self.line(lines, Self.count.name).contains("\"response_bytes\": 30"))
        let unknown = try Self.line(lines, "unknown")
        #expect(unknown.contains("\"status\": UNIMPLEMENTED") && unknown.contains("\"reason\": UNKNOWN_METHOD"))
        #expect(try Self.line(lines, Self.sleep.name).contains("\"status\": DEADLINE_EXCEEDED"))
        // Neither tokens nor payloads, metadata, messages, details or texts of errors.
        #expect(!lines.joined().contains("hunter2"))
    }

    @Test func withErrorsOnlySuccessIsNotLogged() async throws {
        let lines = try await Self.record(all: false) { client in
            for method in [Self.echo, Self.inline, Self.count, Self.refuse] { try await Self.call(client, method) }
        }
        #expect(lines.count == 1 && lines.first?.contains("ABORTED") == true, "\(lines)")
    }

    // MARK: - By itself

    private static func settable(
        linesPerSecond: Int, registry: MetricsRegistry = MetricsRegistry()
    ) -> (log: RequestLog, lines: RecordingLog, clock: SettableClock) {
        let lines = RecordingLog()
        let clock = SettableClock(nowMs: 10_000)
        let log = RequestLog(
            observesSuccess: true, linesPerSecond: linesPerSecond, logger: lines.logger, metrics: registry,
            nowMs: { clock.nowMs })
        return (log, lines, clock)
    }

    @Test func aFloodIsCutAndCounted() async {
        let registry = MetricsRegistry()
        let (log, lines, clock) = Self.settable(linesPerSecond: 10, registry: registry)
        for _ in 0..<5_000 { log.callEnded(RPCEndedCall(method: nil, status: .unimplemented)) }
        await log.flush()
        #expect(lines.count(of: "notice call ") == 10)
        #expect(lines.count(of: "left out of the request log") == 1 && lines.count(of: "\"calls\": 4990") == 1)
        #expect(await registry.render().contains("cutover_request_log_suppressed_total 4990\n"))
        clock.advance(byMs: 1_000)
        log.callEnded(RPCEndedCall(method: nil, status: .unimplemented))
        await log.flush()
        #expect(lines.count(of: "notice call ") == 11)
        #expect(lines.count(of: "left out of the request log") == 1, "nothing was left out since")
    }

    /// Nobody asks for it: the line about what was left out comes by itself, also when no further call does.
    @Test func whatWasLeftOutIsSaidWithoutAnotherCall() async throws {
        let (log, lines, _) = Self.settable(linesPerSecond: 1)
        for _ in 0..<3 { log.callEnded(RPCEndedCall(method: nil, status: .ok)) }
        for _ in 0..<1_000 where lines.count(of: "left out") == 0 { try await Task.sleep(for: .milliseconds(10)) }
        #expect(lines.count(of: "\"calls\": 2") == 1)
    }

    /// Takes no line before it is let go, as a log does whose reader sleeps.
    private struct StuckHandler: LogHandler {
        let gate: DispatchSemaphore
        let lines: RecordingLog
        var logLevel = Logger.Level.trace
        var metadata: Logger.Metadata = [:]

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            gate.wait()
            gate.signal()
            lines.logger.log(level: event.level, event.message, metadata: event.metadata)
        }
    }

    @Test func aLogThatTakesNothingHoldsNobodyUpAndKeepsLittle() async {
        let (gate, lines) = (DispatchSemaphore(value: 0), RecordingLog())
        let log = RequestLog(
            observesSuccess: true, linesPerSecond: 100_000,
            logger: Logger(label: "test") { _ in StuckHandler(gate: gate, lines: lines) }, metrics: MetricsRegistry(),
            nowMs: { 5_000 })
        for _ in 0..<50_000 { log.callEnded(RPCEndedCall(method: nil, status: .ok)) }
        gate.signal()
        await log.flush()
        // Those that were being written when it stuck, and those that wait.
        #expect((1_000...2_000).contains(lines.count(of: "info call ")), "\(lines.count(of: "info call "))")
        #expect(lines.count(of: "left out of the request log") == 1)
    }

    @Test func durationsAreInMilliseconds() async {
        let (log, lines, _) = Self.settable(linesPerSecond: 10)
        for elapsedUs: UInt64 in [7, 1_050, 12_345_678] {
            log.callEnded(RPCEndedCall(method: nil, status: .ok, elapsedUs: elapsedUs))
        }
        await log.flush()
        for text in ["0.007", "1.050", "12345.678"] { #expect(lines.count(of: "\"duration_ms\": \(text)") == 1) }
    }

    @Test func anInvalidTraceIsLeftOut() async throws {
        let (log, lines, _) = Self.settable(linesPerSecond: 10)
        var metadata = Metadata()
        try metadata.append("traceparent", "00-hunter2\n-x-01")
        log.callEnded(RPCEndedCall(method: nil, status: .ok, metadata: metadata))
        await log.flush()
        #expect(lines.count(of: "info call ") == 1 && lines.count(of: "trace") == 0)
    }
}
