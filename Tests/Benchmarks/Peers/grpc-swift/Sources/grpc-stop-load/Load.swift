import CBenchMeasure
import Foundation
import GRPCCore
import GRPCNIOTransportHTTP2Posix
import GRPCProtobuf
import SwiftProtobuf

/// What to send, where, and for how long.
struct Load<Method: MeasuredMethod>: Sendable {
    private typealias Client = GRPCClient<HTTP2ClientTransport.Posix>

    private let request: Method.Request
    private let response: Method.Response
    private let port: Int
    private let connections: Int
    private let inFlight: Int
    private let timeout: Duration
    private let window: MeasuredWindow

    init(_ options: measure_options) throws {
        request = try Method.Request(
            serializedBytes: [UInt8](UnsafeRawBufferPointer(start: options.request, count: options.request_length)))
        response = try Method.Response(
            serializedBytes: [UInt8](UnsafeRawBufferPointer(start: options.response, count: options.response_length)))
        port = Int(options.port)
        connections = Int(options.connections)
        inFlight = Int(options.in_flight)
        timeout = .milliseconds(Int64(options.timeout_ms))
        window = MeasuredWindow(options)
    }

    /// Gives the latencies in nanoseconds of the calls that ended within the measurement, by slot, and its window.
    func run() async throws -> ([[UInt64]], measure_window) {
        let clients = try (0..<connections).map { _ in try PeerClient.make(port: port) }
        return try await withThrowingTaskGroup(of: [UInt64]?.self) { group in
            for client in clients {
                group.addTask {
                    try await client.runConnections()
                    return nil
                }
            }
            let begin = measure_now_ns() + UInt64(window.warmupMs) * 1_000_000
            let span = begin...(begin + UInt64(window.measureMs) * 1_000_000)
            async let measured = window.watch()
            for client in clients {
                for _ in 0..<inFlight { group.addTask { try await calls(on: client, during: span) } }
            }
            var latencies: [[UInt64]] = []
            while latencies.count < connections * inFlight, let ended = try await group.next() {
                if let slot = ended { latencies.append(slot) }
            }
            for client in clients { client.beginGracefulShutdown() }
            return (latencies, await measured)
        }
    }

    /// Calls one after the other until the span ends.
    private func calls(on client: Client, during span: ClosedRange<UInt64>) async throws -> [UInt64] {
        var options = CallOptions.defaults
        options.timeout = timeout
        var latencies: [UInt64] = []
        latencies.reserveCapacity(1 << 12)
        var now = measure_now_ns()
        while now < span.upperBound {
            let sent = now
            let answer = try await client.unary(
                request: ClientRequest(message: request), descriptor: Method.descriptor,
                serializer: ProtobufSerializer<Method.Request>(),
                deserializer: ProtobufDeserializer<Method.Response>(), options: options
            ) { try $0.message }
            guard answer == response else { throw WrongAnswer() }
            now = measure_now_ns()
            if span.contains(now) { latencies.append(now - sent) }
        }
        return latencies
    }
}

/// The server answered something other than it should have.
struct WrongAnswer: Error {}
