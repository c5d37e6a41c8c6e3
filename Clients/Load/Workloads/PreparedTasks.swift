import CutoverClient
import Synchronization

/// The tasks that a run makes for itself at the server, known by their labels, and takes away when it ends.
struct PreparedTasks: Sendable {
    /// The name of the run; part of the labels of its tasks.
    var run: String
    var clients: [CutoverClient]
    /// What each task migrates; nil for tasks that wait to be configured, which touch no database.
    var databases: RealDatabases?

    /// The label that every task of every run has.
    static let label = TaskLabel(key: "made-by", value: "cutover-load")
    static let runKey = "cutover-load-run"
    /// The task that shows watchers that they are connected.
    static let markerName = "cutover-load marker"
    /// Calls in flight while tasks are made and taken away, over all connections.
    static let makers = 64
    /// Real tasks that are copied at once.
    static let migrations = 4

    var labels: [TaskLabel] { [Self.label, TaskLabel(key: Self.runKey, value: run)] }

    /// Makes `count` tasks; real ones are there when they follow the changes of their source.
    func make(_ count: Int, told progress: @escaping @Sendable (Int) -> Void) async throws -> [String] {
        guard count > 0, let first = clients.first else { return [] }
        let made = Mutex<[Int: String]>([:])
        let clients = clients
        try await Self.concurrently(count, limit: databases == nil ? Self.makers : Self.migrations) { number in
            let client = clients.isEmpty ? first : clients[number % clients.count]
            let id = try await makeOne(number, client)
            let done = made.withLock { made in
                made[number] = id
                return made.count
            }
            progress(done)
        }
        return made.withLock { made in made.sorted { $0.key < $1.key }.map(\.value) }
    }

    private func makeOne(_ number: Int, _ client: CutoverClient) async throws -> String {
        let name = "cutover-load \(run) \(number)"
        guard let databases else { return try await client.createTask(named: name, labels: labels).id }
        return try await databases.start(number: number, name: name, labels: labels, client: client)
    }

    /// Runs `body` for 0 up to `count`, at most `limit` at once; the first error ends it.
    static func concurrently(
        _ count: Int, limit: Int, _ body: @escaping @Sendable (Int) async throws -> Void
    ) async throws {
        let next = SharedCounter()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<min(limit, count) {
                group.addTask {
                    while true {
                        let number = next.take()
                        guard number < UInt64(count) else { return }
                        try Task.checkCancellation()
                        try await body(Int(number))
                    }
                }
            }
            do {
                try await group.waitForAll()
            } catch {
                group.cancelAll()
                throw error
            }
        }
    }
}
