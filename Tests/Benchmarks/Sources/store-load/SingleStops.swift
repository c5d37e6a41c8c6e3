import CutoverClient

/// Stops every task by a call of its own, from several clients with a connection each, each with calls in flight.
struct SingleStops {
    let server: MeasuredServer

    func run(connections: Int, inFlight: Int) async throws {
        guard connections > 0, inFlight > 0 else { fail("give at least one connection and one call in flight") }
        let ids = try await server.ids()
        var clients: [CutoverClient] = []
        for _ in 0..<connections {
            let client = try server.connect()
            _ = try await client.checkHealth()
            clients.append(client)
        }
        let callers = connections * inFlight
        try await server.measure("tasks") { [clients] in
            try await withThrowingTaskGroup(of: Int.self) { group in
                for caller in 0..<callers {
                    group.addTask { try await Self.stop(ids, from: caller, by: callers, clients[caller % connections]) }
                }
                return try await group.reduce(0, +)
            }
        }
        for client in clients { await client.close() }
    }

    private static func stop(_ ids: [String], from first: Int, by step: Int, _ client: CutoverClient) async throws
        -> Int
    {
        var stopped = 0
        for place in stride(from: first, to: ids.count, by: step) {
            let answer = try await client.stopTask(ids[place])
            guard answer.result == .stopped, answer.receipt != nil else { fail("not stopped: \(answer.result)") }
            stopped += 1
        }
        return stopped
    }
}
