import CBenchMeasure

/// A load client on CutoverRPC's `RPCClient`: a client for each connection, a Swift task for each call in flight.
@main
struct StopLoad {
    static func main() async throws {
        let load = Load(measure_parse_options(CommandLine.argc, CommandLine.unsafeArgv))
        let (latencies, window) = try await load.run()
        let histogram = measure_histogram_create()
        defer { measure_histogram_free(histogram) }
        for latency in latencies.joined() { measure_histogram_record(histogram, latency) }
        var measured = window
        measure_print(&measured, histogram)
    }
}
