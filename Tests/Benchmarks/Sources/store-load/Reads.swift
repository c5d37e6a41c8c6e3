import CutoverClient

/// Reads one thing after the other on one connection.
struct Reads {
    /// Calls before the clock runs.
    private static let warmUp = 200
    /// How many different tasks are read.
    private static let sample = 10_000

    let server: MeasuredServer

    /// Tasks from all over the store, none of them next to the one before.
    func gets(seconds: Int) async throws {
        let ids = try await server.ids()
        guard !ids.isEmpty else { fail("there is no task to read") }
        var random = SystemRandomNumberGenerator()
        let some = (0..<Self.sample).map { _ in ids[Int.random(in: 0..<ids.count, using: &random)] }
        try await repeating(seconds) { client, number in
            let id = some[number % some.count]
            guard try await client.getTask(id).id == id else { fail("another task was read") }
        }
    }

    func firstPages(seconds: Int) async throws {
        try await repeating(seconds) { client, _ in
            guard try await client.listTasks(ListTasksRequest(pageSize: 100)).tasks.count == 100 else {
                fail("the first page was not full")
            }
        }
    }

    private func repeating(_ seconds: Int, _ call: (CutoverClient, Int) async throws -> Void) async throws {
        let client = try server.connect()
        for number in 0..<Self.warmUp { try await call(client, number) }
        try await server.measure("calls") {
            let end = ContinuousClock.now + .seconds(seconds)
            var calls = 0
            while ContinuousClock.now < end {
                try await call(client, calls)
                calls += 1
            }
            return calls
        }
        await client.close()
    }
}
