import CutoverClient
import CutoverConsole
import CutoverModel

/// Asks the server for the plans of many stops, a few at a time.
struct StopPlanning: Sendable {
    var client: CutoverClient
    var terms: StopTerms
    /// Other terms for some of the tasks.
    var overrides: [StopOverride] = []

    /// The most plans asked for at once.
    static let parallelLimit = 32

    /// The plans in the order of the ids. What concerns one task is its result; a lost server ends it all.
    func plans(_ ids: [String]) async throws -> [PlannedStop] {
        let byTask = Dictionary(overrides.map { ($0.taskId, $0) }) { _, last in last }
        return try await withThrowingTaskGroup(of: (Int, PlannedStop).self) { group in
            var plans = [PlannedStop?](repeating: nil, count: ids.count)
            for (index, id) in ids.enumerated() {
                if index >= Self.parallelLimit, let (done, plan) = try await group.next() { plans[done] = plan }
                let request = terms.overridden(by: byTask[id]).planRequest(id)
                group.addTask { (index, try await self.plan(request)) }
            }
            for try await (done, plan) in group { plans[done] = plan }
            return plans.compactMap { $0 }
        }
    }

    private func plan(_ request: PlanStopRequest) async throws -> PlannedStop {
        do {
            return PlannedStop(taskID: request.taskId, outcome: .success(try await client.planStop(request)))
        } catch {
            guard CommandStatus(error) != .unavailable, error.code != .cancelled else { throw error }
            return PlannedStop(taskID: request.taskId, outcome: .failure(error))
        }
    }
}
