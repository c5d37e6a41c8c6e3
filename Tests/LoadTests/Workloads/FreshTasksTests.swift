import Testing

@testable import cutover_load

@Suite struct FreshTasksTests {
    @Test func eachTaskIsTakenOnce() async {
        let tasks = FreshTasks((0..<1_000).map(String.init))
        let all = await withTaskGroup(of: [String].self) { group in
            for _ in 0..<8 {
                group.addTask {
                    var taken: [String] = []
                    while let part = tasks.take(3) { taken += part }
                    return taken
                }
            }
            return await group.reduce(into: []) { $0 += $1 }
        }
        #expect(all.count == 999)
        #expect(Set(all).count == 999)
        #expect(tasks.take(1) == nil)
    }
}
