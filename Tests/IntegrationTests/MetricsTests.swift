import CutoverClient
import Foundation
import TestHTTP
import Testing

extension Integration {
    @Suite("Metrics and the request log of a server process")
    struct MetricsTests {
        private static func value(_ text: String, _ series: String) -> Double? {
            text.split(separator: "\n").first { $0.hasPrefix(series + " ") }
                .flatMap { Double($0.dropFirst(series.count + 1)) }
        }

        /// The port that the system gave, from the server's log.
        private static func port(of cutoverd: CutoverdProcess) throws -> Int {
            let line = try #require(cutoverd.log.split(separator: "\n").last { $0.contains("metrics are served") })
            let text = try #require(line.split(separator: "port=").last?.prefix { $0.isNumber })
            return try #require(Int(text))
        }

        @Test func aServerIsScrapedWhileItStopsTasks() async throws {
            let cutoverd = try await CutoverdProcess(environment: [
                "CUTOVER_METRICS_LISTEN": "127.0.0.1:0", "CUTOVER_REQUEST_LOG": "all",
            ])
            let port = try Self.port(of: cutoverd)
            let client = try cutoverd.client()
            let count = 20
            let stopping = Task {
                for index in 0..<count {
                    let task = try await client.createTask(named: "metered-\(index)")
                    #expect(try await client.stopTask(task.id, timeoutMs: 30_000).result == .stopped)
                }
            }
            let finished = "cutover_stops_finished_total{mode=\"graceful\",outcome=\"stopped\"}"
            var seen: [Double] = []
            while seen.last != Double(count) {
                let text = try await HTTPProbe.request("/metrics", port: port)
                #expect(text.hasPrefix("HTTP/1.1 200 OK\r\n"))
                seen.append(try #require(Self.value(text, finished)))
                if seen.count > 5_000 { break }
            }
            try await stopping.value
            #expect(seen == seen.sorted() && seen.last == Double(count), "a counter only rises")
            let text = try await HTTPProbe.request("/metrics", port: port)
            #expect(
                Self.value(text, "cutover_rpc_calls_total{method=\"cutover.v1.StopService/StopTask\",status=\"OK\"}")
                    == Double(count))
            #expect((Self.value(text, "cutover_store_commit_duration_seconds_count") ?? 0) >= Double(2 * count))
            #expect(Self.value(text, "cutover_stops_in_progress") == 0)
            await client.close()
            try await cutoverd.stop()
            let calls = cutoverd.log.split(separator: "\n")
                .filter { $0.contains("method=cutover.v1.StopService/StopTask") && $0.contains("status=OK") }
            #expect(calls.count == count, "each call is one line, written before the server ended")
            #expect(!cutoverd.log.contains("metered-1"), "nothing of what was said is logged")
            #expect(throws: HTTPProbe.Failure.self) { try HTTPProbe(port: port) }
        }
    }
}
