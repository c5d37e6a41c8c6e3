import CBenchMeasure

/// A load client on CutoverRPC's `RPCClient`: a client for each connection, a Swift task for each call in flight.
@main
struct StopLoad {
    static func main() async throws {
        let options = measure_parse_options(CommandLine.argc, CommandLine.unsafeArgv)
        if options.stream_items > 0 {
            var window = try await ItemStreamLoad(options).run()
            measure_print_stream(&window, UInt64(options.stream_items) * UInt64(measure_item_bytes))
            return
        }
        let (latencies, window) = try await Load(options).run()
        let histogram = measure_histogram_create()
        defer { measure_histogram_free(histogram) }
        for latency in latencies.joined() { measure_histogram_record(histogram, latency) }
        var measured = window
        measure_print(&measured, histogram, 0)
    }
}
