import CutoverClient
import Foundation
import Glibc

/// A server, and what its process has used.
struct MeasuredServer: Sendable {
    let endpoint: String
    let pid: String

    func connect() throws -> CutoverClient {
        var configuration = CutoverClient.Configuration()
        configuration.timeoutMs = 120_000
        return try CutoverClient(endpoint: endpoint, configuration: configuration)
    }

    /// The ids of its tasks, in order of creation.
    func ids(limit: Int = .max) async throws -> [String] {
        let client = try connect()
        var ids: [String] = []
        var token = ""
        repeat {
            let page = try await client.listTasks(ListTasksRequest(pageSize: 1_000, pageToken: token))
            ids += page.tasks.map(\.id)
            token = page.nextPageToken
        } while !token.isEmpty && ids.count < limit
        await client.close()
        return Array(ids.prefix(limit))
    }

    /// Carries out what is measured.
    /// - Parameter work: returns how many things it did, named so in what is printed.
    func measure(_ name: String, _ work: () async throws -> Int) async throws {
        let cpuBefore = cpuSeconds
        let begin = ContinuousClock.now
        let count = try await work()
        let seconds = (ContinuousClock.now - begin) / .seconds(1)
        print(
            "\"\(name)\":\(count),\"seconds\":\(seconds),\"server_cpu_seconds\":\(cpuSeconds - cpuBefore),"
                + "\"server_peak_kib\":\(peakKiB(pid)),\"client_peak_kib\":\(peakKiB("self"))")
    }

    /// The most memory that a process has held, in KiB.
    private func peakKiB(_ pid: String) -> Int {
        let status = (try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") } ?? ""
        return Int(line.split(separator: " ").dropFirst().first ?? "") ?? 0
    }

    /// Its CPU time so far.
    private var cpuSeconds: Double {
        let stat = (try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)) ?? ""
        let fields = stat.split(separator: ")").last?.split(separator: " ") ?? []
        guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else { return 0 }
        return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }
}
