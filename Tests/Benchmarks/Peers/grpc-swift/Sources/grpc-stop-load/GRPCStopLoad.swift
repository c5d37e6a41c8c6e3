import CBenchMeasure
import Foundation
import StopMessages
import SwiftProtobuf

/// A load client on grpc-swift-2: a client for each connection, a Swift task for each call in flight.
@main
struct GRPCStopLoad {
    static func main() async {
        do {
            try await run(measure_parse_options(CommandLine.argc, CommandLine.unsafeArgv))
        } catch {
            FileHandle.standardError.write(Data("load client: \(error)\n".utf8))
            exit(1)
        }
    }

    private static func run(_ options: measure_options) async throws {
        if options.stream_items > 0 {
            var window = try await BulkLoad(options).run()
            measure_print_stream(&window, UInt64(options.stream_items) * UInt64(measure_item_bytes))
            return
        }
        let (latencies, window) =
            options.is_echo
            ? try await Load<EchoMethod>(options).run() : try await Load<StopTaskMethod>(options).run()
        let histogram = measure_histogram_create()
        defer { measure_histogram_free(histogram) }
        for latency in latencies.joined() { measure_histogram_record(histogram, latency) }
        var measured = window
        measure_print(&measured, histogram, 0)
        // The connections end with the process.
        exit(0)
    }
}
