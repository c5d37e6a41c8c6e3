import CBenchMeasure
import CutoverRPC
import Logging
import NIOCore
import NIOPosix
import StopShape

/// Receives the stream whose speed is measured, and compares every item.
struct ItemStreamLoad {
    /// Before the measurement: the connection finds its pace.
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
        var configuration = RPCClientConfiguration(endpoint: .tcp(host: "127.0.0.1", port: port))
        configuration.eventLoopGroup = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let client = RPCClient(configuration: configuration, logger: Logger(label: "stop-load"))
        try await receive(Self.warmupItems, by: client)
        var window = measure_begin(serverPID, nil)
        try await receive(items, by: client)
        measure_end(&window)
        return window
    }

    private func receive(_ items: UInt32, by client: RPCClient) async throws {
        let filled = ItemStream.item(0)
        var number: UInt64 = 0
        for try await item in client.serverStream(
            ItemStream.method, ItemStream.request(items: items), options: CallOptions())
        {
            guard ItemStream.isItem(item, number: number, filled: filled) else { throw WrongAnswer() }
            number += 1
        }
        guard number == items else { throw BrokenStream("the stream ended after \(number) of \(items) items") }
    }
}
