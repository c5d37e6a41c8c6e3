import ArgumentParser
import CutoverClient
import CutoverConsole
import CutoverModel

/// Waits for a task to come somewhere, and shows how it goes on.
struct TaskWait: Sendable {
    var session: ServerSession
    var format: OutputFormat

    /// How often progress is asked for, in milliseconds.
    static let progressIntervalMs: UInt32 = 500

    /// Waits until the pre-check has ended, and prints what it found. Ends the command when it found errors.
    func untilChecked(_ id: String) async throws {
        let task = try await follow(id) { task in
            (task.status == .configuration || task.status == .creating) && !task.configurationFailed
        }
        try session.print(task, as: format) { style in
            let findings = task.preCheck.map { FindingsRenderer(style: style).lines($0) } ?? []
            return [TaskLine.text(task, style: style)] + findings
        }
        try (task.configurationFailed || task.failure != nil ? CommandStatus.failed : .ok).exitUnlessOK()
    }

    /// Waits until the task follows changes or has ended, and prints it.
    func untilRunning(_ id: String) async throws -> CommandStatus {
        let task = try await follow(id) { task in
            switch task.status {
            case .pendingStart, .starting, .fullMigration, .faultRectification: true
            default: false
            }
        }
        try session.print(task, as: format) { style in
            let failure = task.failure.map { [TextWidth.harmless("\($0.code): \($0.message)")] } ?? []
            return [TaskLine.text(task, style: style)] + failure
        }
        switch task.status {
        case .incrementalMigration, .completed: return .ok
        default: return .failed
        }
    }

    /// The task as soon as `isWaiting` no longer holds, read in full.
    private func follow(
        _ id: String, while isWaiting: @escaping @Sendable (MigrationTask) -> Bool
    ) async throws -> MigrationTask {
        let display = LiveDisplay(console: session.console)
        let client = session.client
        let renderer = TaskProgressRenderer(style: display.style)
        do {
            let task = try await Interrupt.race { () async throws -> MigrationTask in
                var lastLine = ""
                for try await event in client.watchTasks([id], progressIntervalMs: Self.progressIntervalMs) {
                    guard let task = event.task else {
                        // Only a change without its task is a deletion; other messages tell of the watch itself.
                        guard event.event != nil else { continue }
                        throw CutoverError(.notFound, "the task was deleted")
                    }
                    await display.draw([renderer.liveLine(task)])
                    let line = renderer.plainLine(task)
                    if line != lastLine { await display.log([line]) }
                    lastLine = line
                    // The message may leave out the specification and the pre-check: the task is read in full.
                    if !isWaiting(task) { return try await client.getTask(id) }
                }
                throw CutoverError(.cancelled, "the wait was cancelled")
            }
            await display.clear()
            return task
        } catch is Interrupt.Interrupted {
            await display.clear()
            session.console.printErrorLines(["", "The task goes on at the server. Follow it: cutover watch \(id)"])
            throw ExitCode(CommandStatus.interrupted.rawValue)
        }
    }
}
