import CutoverClient

/// Stops tasks by one batch call, and reads its answers to the end.
struct BatchStops {
    let server: MeasuredServer

    func stop(first count: Int) async throws {
        try await stop(BatchStopRequest(taskIds: try await server.ids(limit: count), wait: true))
    }

    func stopAll() async throws {
        try await stop(BatchStopRequest(wait: true, selector: StopSelector(all: true)))
    }

    private func stop(_ request: BatchStopRequest) async throws {
        let client = try server.connect()
        try await server.measure("tasks") {
            var items = 0
            var summary = BatchSummary()
            for try await event in client.batchStop(request) {
                if event.item != nil { items += 1 }
                if let last = event.summary { summary = last }
            }
            guard Int(summary.stopped) == items, summary.stopped == summary.items else {
                fail("not all were stopped: \(summary)")
            }
            return items
        }
        await client.close()
    }
}
