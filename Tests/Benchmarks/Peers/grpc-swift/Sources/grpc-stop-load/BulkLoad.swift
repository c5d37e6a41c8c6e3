import CBenchMeasure
import Foundation
import GRPCCore
import GRPCNIOTransportHTTP2Posix
import GRPCProtobuf
import StopMessages

/// Receives the stream that is measured, and compares every item.
struct BulkLoad {
    /// Before the measurement: the connection opens its windows and finds its pace.
    private static let warmupItems: UInt32 = 256

    private let port: Int
    private let items: UInt32
    private let serverPID: Int32

    init(_ options: measure_options) {
        port = Int(options.port)
        items = UInt32(options.stream_items)
        serverPID = options.server_pid
    }

    /// Gives the window of the measurement, at the end of which all items were there.
    func run() async throws -> measure_window {
        let client = try PeerClient.make(port: port)
        async let connections: Void = client.runConnections()
        try await receive(Self.warmupItems, by: client)
        var window = measure_begin(serverPID, nil)
        try await receive(items, by: client)
        measure_end(&window)
        client.beginGracefulShutdown()
        try await connections
        return window
    }

    private func receive(_ items: UInt32, by client: GRPCClient<HTTP2ClientTransport.Posix>) async throws {
        let filled = BulkItem.bytes(0)
        try await client.serverStreaming(
            request: ClientRequest(message: Cutover_Benchmarks_BulkRequest.with { $0.items = items }),
            descriptor: PeerMethod.bulk, serializer: ProtobufSerializer<Cutover_Benchmarks_BulkRequest>(),
            deserializer: ProtobufDeserializer<Cutover_Benchmarks_BulkItem>(), options: .defaults
        ) { response in
            var number: UInt64 = 0
            for try await item in response.messages {
                guard BulkItem.isItem(item.data, number: number, filled: filled) else { throw WrongAnswer() }
                number += 1
            }
            guard number == items else { throw WrongAnswer() }
        }
    }
}
