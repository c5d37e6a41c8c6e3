import CutoverClient

/// Makes the tasks.
struct Filling {
    /// Calls in flight.
    private static let makers = 256

    let server: MeasuredServer

    func run(_ count: Int) async throws {
        let client = try server.connect()
        try await server.measure("tasks") {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for maker in 0..<Self.makers {
                    group.addTask {
                        for number in stride(from: maker, to: count, by: Self.makers) {
                            _ = try await client.createTask(named: "pending \(number)")
                        }
                    }
                }
                try await group.waitForAll()
            }
            return count
        }
        await client.close()
    }
}
