import CBenchMeasure
import CutoverRPC
import Foundation
import Logging
import NIOCore
import NIOPosix
import StopShape

/// What to send, where, and for how long.
struct Load: Sendable {
    private let method: RPCMethod
    private let request: ByteBuffer
    private let response: ByteBuffer
    private let port: Int
    private let connections: Int
    private let inFlight: Int
    private let timeoutMs: UInt32
    private let warmupMs: UInt32
    private let measureMs: UInt32
    private let serverPID: Int32
    private let tls: RPCClientTLS?
    private let stalledBytes: UInt64
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)

    init(_ options: measure_options) {
        method = options.is_echo ? EchoShape.method : StopShape.method
        request = ByteBuffer(bytes: UnsafeRawBufferPointer(start: options.request, count: options.request_length))
        response = ByteBuffer(bytes: UnsafeRawBufferPointer(start: options.response, count: options.response_length))
        port = Int(options.port)
        connections = Int(options.connections)
        inFlight = Int(options.in_flight)
        timeoutMs = UInt32(options.timeout_ms)
        warmupMs = UInt32(options.warmup_ms)
        measureMs = UInt32(options.measure_ms)
        serverPID = options.server_pid
        tls = options.ca_file.map { file in
            var tls = RPCClientTLS()
            tls.authorityFile = String(cString: file)
            return tls
        }
        stalledBytes = UInt64(options.stalled_mib) << 20
    }

    /// Gives the latencies in nanoseconds of the calls that ended within the measurement, by slot, and its window.
    ///
    /// With a stalled stream, each connection has one while it is measured; they are read to their end afterwards.
    func run() async throws -> ([[UInt64]], measure_window) {
        let clients = (0..<connections).map { _ in client() }
        var stalled: [StalledStream] = []
        if stalledBytes > 0 {
            for client in clients {
                let stream = StalledStream(of: stalledBytes, on: client)
                try await stream.begin()
                stalled.append(stream)
            }
        }
        let measured = try await measure(clients)
        for stream in stalled { try await stream.finish() }
        return measured
    }

    private func measure(_ clients: [RPCClient]) async throws -> ([[UInt64]], measure_window) {
        let begin = measure_now_ns() + UInt64(warmupMs) * 1_000_000
        let span = begin...(begin + UInt64(measureMs) * 1_000_000)
        async let window = watch()
        let latencies = try await withThrowingTaskGroup(of: [UInt64].self) { group in
            for client in clients {
                for _ in 0..<inFlight { group.addTask { try await calls(on: client, during: span) } }
            }
            var latencies: [[UInt64]] = []
            for try await slot in group { latencies.append(slot) }
            return latencies
        }
        return (latencies, await window)
    }

    /// A client with a connection of its own.
    private func client() -> RPCClient {
        var configuration = RPCClientConfiguration(endpoint: .tcp(host: "127.0.0.1", port: port))
        configuration.eventLoopGroup = group
        configuration.maxAttempts = 1
        configuration.tls = tls
        return RPCClient(configuration: configuration, logger: Logger(label: "stop-load"))
    }

    /// Calls one after the other until the span ends.
    private func calls(on client: RPCClient, during span: ClosedRange<UInt64>) async throws -> [UInt64] {
        var options = CallOptions()
        options.timeoutMs = timeoutMs
        var latencies: [UInt64] = []
        latencies.reserveCapacity(1 << 14)
        var now = measure_now_ns()
        while now < span.upperBound {
            let sent = now
            let answer = try await client.unary(method, request, options: options)
            guard answer == response else { throw WrongAnswer() }
            now = measure_now_ns()
            if span.contains(now) { latencies.append(now - sent) }
        }
        return latencies
    }

    /// Reads the CPU times at the bounds of the measurement, on a thread that no Swift task can delay.
    private func watch() async -> measure_window {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                usleep(warmupMs * 1_000)
                var window = measure_begin(serverPID, nil)
                usleep(measureMs * 1_000)
                measure_end(&window)
                continuation.resume(returning: window)
            }
        }
    }
}

/// The server answered something other than it should have.
struct WrongAnswer: Error {}
