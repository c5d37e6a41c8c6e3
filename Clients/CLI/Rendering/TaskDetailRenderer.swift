import CutoverConsole
import CutoverModel

/// The text of `cutover task show`.
struct TaskDetailRenderer: Sendable {
    var style: TextStyle

    func lines(_ task: MigrationTask) -> [String] {
        var lines = head(task)
        if let progress = task.progress { append(progressBlock(progress, of: task), titled: "Progress", to: &lines) }
        if let spec = task.spec { append(specBlock(spec), titled: "Specification", to: &lines) }
        if let report = task.preCheck {
            lines.append("")
            lines += FindingsRenderer(style: style).lines(report)
        }
        return lines
    }

    private func head(_ task: MigrationTask) -> [String] {
        var block = FieldBlock()
        block.add("Task", task.name, .bold)
        block.add("Id", task.id)
        block.add("Status", statusSentence(task), task.ink)
        if let failure = task.failure {
            block.add("Failure", "\(failure.code): \(failure.message)", .red)
            block.add("Failed at", TimeFormat.text(ms: failure.atMs))
        }
        block.add("Labels", task.labels.map { "\($0.key)=\($0.value)" }.joined(separator: ", "))
        block.add("Created", TimeFormat.text(ms: task.createdAtMs))
        if task.startedAtMs > 0 { block.add("Started", TimeFormat.text(ms: task.startedAtMs)) }
        if task.endedAtMs > 0 { block.add("Ended", TimeFormat.text(ms: task.endedAtMs)) }
        block.add("Stop", task.stopId)
        return block.lines(style: style, nameWidth: 10)
    }

    private func statusSentence(_ task: MigrationTask) -> String {
        var text = TaskListRenderer.statusText(task)
        switch task.status {
        case .paused, .stopping: text += ", was \(task.previousStatus.name)"
        case .faultRectification:
            text += ", was \(task.previousStatus.name); attempt \(task.repairAttempts) of \(task.repairAttemptsLimit)"
            text += task.repairRunning ? " is under way" : ""
        default: break
        }
        return text
    }

    private func progressBlock(_ progress: MigrationProgress, of task: MigrationTask) -> FieldBlock {
        var block = FieldBlock(indent: 2)
        if progress.rowsEstimated > 0 || progress.rowsCopied > 0 {
            let bar = ProgressBar(width: 20).text(
                done: progress.rowsCopied, total: progress.rowsEstimated, style: style)
            let rows = CountFormat.grouped(progress.rowsCopied)
            block.add("Copy", "\(bar) \(rows) of about \(CountFormat.grouped(progress.rowsEstimated)) rows")
            block.add("Copied", ByteFormat.text(progress.bytesCopied))
        }
        if progress.tablesTotal > 0 {
            block.add(
                "Tables", "\(CountFormat.grouped(progress.tablesDone)) of \(CountFormat.grouped(progress.tablesTotal))")
        }
        if progress.transactionsApplied > 0 || task.status == .incrementalMigration {
            let transactions = CountFormat.phrase(progress.transactionsApplied, "transaction")
            block.add("Applied", "\(CountFormat.phrase(progress.rowsApplied, "row")) in \(transactions)")
            block.add("Lag", DurationFormat.text(ms: progress.lagMs))
        }
        if progress.rowsPerSecond > 0 || progress.bytesPerSecond > 0 {
            let bytes = ByteFormat.text(progress.bytesPerSecond)
            block.add("Rate", "\(CountFormat.grouped(progress.rowsPerSecond)) rows/s, \(bytes)/s")
        }
        block.add("Snapshot", progress.snapshotPosition)
        block.add("Source", progress.sourcePosition)
        block.add("Received", progress.receivedPosition)
        block.add("Destination", progress.appliedPosition)
        block.add("Blocker", progress.blocker, .yellow)
        return block
    }

    private func specBlock(_ spec: TaskSpec) -> FieldBlock {
        var block = FieldBlock(indent: 2)
        block.add("From", spec.source.map(Self.endpointText))
        block.add("To", spec.destination.map(Self.endpointText))
        block.add("Databases", spec.databases.joined(separator: ", "))
        block.add("Without", spec.excludeTables.joined(separator: ", "))
        block.add("Kind", spec.kind == .unspecified ? nil : spec.kind.name)
        if spec.copyConnections > 0 { block.add("Copiers", String(spec.copyConnections)) }
        if spec.chunkBytes > 0 { block.add("Chunk", ByteFormat.text(spec.chunkBytes)) }
        if spec.startAtMs > 0 { block.add("Start at", TimeFormat.text(ms: spec.startAtMs)) }
        return block
    }

    /// An endpoint as `user@host:port` or `user@/path`, never with a password.
    static func endpointText(_ endpoint: DatabaseEndpoint) -> String {
        let user = endpoint.user.isEmpty ? "" : "\(endpoint.user)@"
        if !endpoint.unixSocket.isEmpty { return user + endpoint.unixSocket }
        let host = endpoint.host.contains(":") ? "[\(endpoint.host)]" : endpoint.host
        return endpoint.port == 0 ? user + host : "\(user)\(host):\(endpoint.port)"
    }

    private func append(_ block: FieldBlock, titled title: String, to lines: inout [String]) {
        guard !block.isEmpty else { return }
        lines += ["", style.paint(title, .bold)]
        lines += block.lines(style: style, nameWidth: 8)
    }
}
