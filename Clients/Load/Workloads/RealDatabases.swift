import CutoverClient

/// Databases of a real source that prepared tasks migrate, one for each task.
struct RealDatabases: Sendable {
    /// The servers; its databases are put in.
    var spec: TaskSpec
    /// How many there are.
    var count: Int

    /// How long a task may take until it follows changes, in seconds.
    static let patience: Duration = .seconds(600)

    /// The name of database `number`, from 0 on, as `cutover-load databases` makes it.
    static func name(_ number: Int) -> String {
        let digits = String(number + 1)
        return "cutover_load_" + String(repeating: "0", count: max(0, 6 - digits.count)) + digits
    }

    /// Creates and starts a task, and waits until it follows changes.
    func start(number: Int, name: String, labels: [TaskLabel], client: CutoverClient) async throws -> String {
        var spec = spec
        spec.databases = [Self.name(number)]
        let task = try await client.createTask(named: name, labels: labels, spec: spec)
        try await wait(task.id, for: .pendingStart, client)
        _ = try await client.startTask(task.id)
        try await wait(task.id, for: .incrementalMigration, client)
        return task.id
    }

    private func wait(_ id: String, for wanted: TaskStatus, _ client: CutoverClient) async throws {
        let deadline = ContinuousClock.now + Self.patience
        let failed: Set<TaskStatus> = [
            .createFailed, .startFailed, .fullMigrationFailed, .incrementalMigrationFailed, .completed, .stopped,
        ]
        while ContinuousClock.now < deadline {
            let task = try await client.getTask(id)
            if task.status == wanted { return }
            guard !failed.contains(task.status), !task.configurationFailed else {
                let finding = task.preCheck?.findings.first { $0.severity == .error }?.message
                let why = finding ?? task.failure?.message ?? "it is \(task.status.name)"
                throw CutoverError(.rejected, "prepared task \(id) did not come to \(wanted.name): \(why)")
            }
            try await Task.sleep(for: .milliseconds(100))
        }
        throw CutoverError(.deadlineExceeded, "prepared task \(id) did not come to \(wanted.name) in time")
    }
}
