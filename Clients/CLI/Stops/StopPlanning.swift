import CutoverClient
import CutoverModel

/// Asks the server for the plans of many stops, a few at a time.
struct StopPlanning: Sendable {
    var client: CutoverClient
    var mode: StopMode

    /// The most plans asked for at once.
    static let parallelLimit = 32

    /// The plans in the order of the ids. What concerns one task is its result; a lost server ends it all.
    func plans(_ ids: [String]) async throws -> [PlannedStop] {
        try await withThrowingTaskGroup(of: (Int, PlannedStop).self) { group in
            var plans = [PlannedStop?](repeating: nil, count: ids.count)
            for (index, id) in ids.enumerated() {
                if index >= Self.parallelLimit, let (done, plan) = try await group.next() { plans[done] = plan }
                group.addTask { (index, try await self.plan(id)) }
            }
            for try await (done, plan) in group { plans[done] = plan }
            return plans.compactMap { $0 }
        }
    }

    private func plan(_ id: String) async throws -> PlannedStop {
        do {
            return PlannedStop(taskID: id, outcome: .success(try await client.planStop(id, mode: mode)))
        } catch {
            guard CommandStatus(error) != .unavailable, error.code != .cancelled else { throw error }
            return PlannedStop(taskID: id, outcome: .failure(error))
        }
    }
}
