import CutoverClient
import Foundation
import Glibc

/// Fills a server with tasks that wait to be configured, and stops them by one batch call. Prints one line of JSON fields.
///
///     batch-load --endpoint unix:/path --server-pid PID fill COUNT
///     batch-load --endpoint unix:/path --server-pid PID ids COUNT
///     batch-load --endpoint unix:/path --server-pid PID selector
@main
struct BatchLoad {
    /// Calls in flight while tasks are made.
    static let makers = 256

    static func main() async throws {
        var arguments = Array(CommandLine.arguments.dropFirst())
        var options: [String: String] = [:]
        while arguments.count >= 2, arguments[0].hasPrefix("--") {
            options[arguments[0]] = arguments[1]
            arguments.removeFirst(2)
        }
        guard let endpoint = options["--endpoint"], let pid = options["--server-pid"], let work = arguments.first else {
            FileHandle.standardError.write(
                Data("usage: batch-load --endpoint E --server-pid P fill|ids|selector [N]\n".utf8))
            exit(64)
        }
        let count = arguments.count > 1 ? Int(arguments[1]) ?? 0 : 0
        var configuration = CutoverClient.Configuration()
        configuration.timeoutMs = 120_000
        let client = try CutoverClient(endpoint: endpoint, configuration: configuration)
        switch work {
        case "fill": try await fill(client, count)
        case "ids": try await stop(client, BatchStopRequest(taskIds: try await ids(client, count), wait: true), pid)
        case "selector": try await stop(client, BatchStopRequest(wait: true, selector: StopSelector(all: true)), pid)
        default: exit(64)
        }
        await client.close()
    }

    private static func fill(_ client: CutoverClient, _ count: Int) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for maker in 0..<makers {
                group.addTask {
                    for number in stride(from: maker, to: count, by: makers) {
                        _ = try await client.createTask(named: "pending \(number)")
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    private static func ids(_ client: CutoverClient, _ count: Int) async throws -> [String] {
        var ids: [String] = []
        var token = ""
        repeat {
            let page = try await client.listTasks(ListTasksRequest(pageSize: 1_000, pageToken: token))
            ids += page.tasks.map(\.id)
            token = page.nextPageToken
        } while !token.isEmpty && ids.count < count
        return Array(ids.prefix(count))
    }

    private static func stop(_ client: CutoverClient, _ request: BatchStopRequest, _ pid: String) async throws {
        let cpuBefore = cpuSeconds(pid)
        let begin = ContinuousClock.now
        var items = 0
        var summary = BatchSummary()
        for try await event in client.batchStop(request) {
            if event.item != nil { items += 1 }
            if let last = event.summary { summary = last }
        }
        let seconds = (ContinuousClock.now - begin) / .seconds(1)
        guard Int(summary.stopped) == items, summary.stopped == summary.items else {
            FileHandle.standardError.write(Data("not all were stopped: \(summary)\n".utf8))
            exit(1)
        }
        print(
            "\"tasks\":\(items),\"seconds\":\(seconds),\"server_cpu_seconds\":\(cpuSeconds(pid) - cpuBefore),"
                + "\"server_peak_kib\":\(peakKiB(pid)),\"client_peak_kib\":\(peakKiB("self"))")
    }

    /// The most memory that a process has held, in KiB.
    private static func peakKiB(_ pid: String) -> Int {
        let status = (try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") } ?? ""
        return Int(line.split(separator: " ").dropFirst().first ?? "") ?? 0
    }

    /// CPU time of a process so far.
    private static func cpuSeconds(_ pid: String) -> Double {
        let stat = (try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)) ?? ""
        let fields = stat.split(separator: ")").last?.split(separator: " ") ?? []
        guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else { return 0 }
        return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }
}
