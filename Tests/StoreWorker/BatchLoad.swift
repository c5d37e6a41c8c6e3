import CutoverModel
import CutoverSQLite
import CutoverTasks

/// Stops tasks by batches as a server does: a batch with all its pages first, then one commit for each page.
struct BatchLoad: Sendable {
    let store: SQLiteTaskStore
    let prefix: String
    let tasks: Int
    let pageItems: Int

    /// Batch after batch, until the process is killed; a line for each commit that was acknowledged.
    func runForever(_ caller: Int) async throws {
        for round in 0... {
            let id = "\(prefix)-\(caller)-\(round)"
            let ids = (0..<tasks).map { "\(id)-\($0)" }
            try await fill(ids)
            var record = try await makeBatch(id, ids)
            say("made \(id)")
            for index in 0..<record.pages {
                record = try await stopPage(index, of: record, ids)
                say("ack \(id) \(index) \(record.batch?.revision ?? 0)")
            }
        }
    }

    func fill(_ ids: [String]) async throws {
        for start in stride(from: 0, to: ids.count, by: SQLiteTaskStore.batchLimit) {
            let writes = ids[start..<min(start + SQLiteTaskStore.batchLimit, ids.count)].map {
                TaskWrite(
                    record: TaskRecord(id: $0, name: "batch", status: .pendingStart), expectedRevision: 0,
                    from: .unspecified, actor: "load", action: "create", atMs: 1)
            }
            guard try await store.apply(writes).allSatisfy({ if case .applied = $0 { true } else { false } }) else {
                throw TaskStoreError(.failed, "a new task was not created")
            }
        }
    }

    func makeBatch(_ id: String, _ ids: [String]) async throws -> BatchRecord {
        let pages = UInt32((ids.count + pageItems - 1) / pageItems)
        let record = BatchRecord(
            batch: StopBatch(id: id, actor: "load", state: .accepting, named: UInt32(ids.count)), pages: pages,
            pageItems: UInt32(pageItems), selected: true)
        let write = BatchWrite(
            record: record, expectedRevision: 0,
            pages: (0..<pages).map { index in
                BatchPage(batchId: id, index: index, items: items(ids, index).map { BatchItem(taskId: $0) })
            }, actor: "load", action: "batch.accepted", atMs: 1)
        return try await apply(write, with: [])
    }

    func stopPage(_ index: UInt32, of record: BatchRecord, _ ids: [String]) async throws -> BatchRecord {
        let id = record.batch?.id ?? ""
        var next = record
        next.openPage = index + 1
        let page = items(ids, index)
        let states = try await store.states(of: Array(page)).compactMap { $0 }
        let write = BatchWrite(
            record: next, expectedRevision: record.batch?.revision ?? 0,
            pages: [
                BatchPage(
                    batchId: id, index: index,
                    items: page.map {
                        BatchItem(
                            taskId: $0, result: .accepted, status: .stopping, modeTaken: .graceful,
                            stopId: "stop-\($0)",
                            taskName: "batch")
                    })
            ], actor: "load", action: "batch.group", atMs: 2)
        return try await apply(write, with: states.map { stopped($0.record, batch: id) })
    }

    private func items(_ ids: [String], _ page: UInt32) -> ArraySlice<String> {
        let start = Int(page) * pageItems
        return ids[start..<min(start + pageItems, ids.count)]
    }

    private func stopped(_ before: TaskRecord, batch: String) -> TaskWrite {
        var record = before
        record.status = .stopping
        record.previousStatus = before.status
        record.stopId = "stop-\(before.id)"
        let stop = Stop(
            id: record.stopId, taskId: before.id, taskName: before.name, batchId: batch, actor: "load",
            reason: "measure", modeAsked: .auto, modeTaken: .graceful, phase: .accepted,
            phases: [PhaseRecord(phase: .accepted, startedAtMs: 2)], acceptedAtMs: 2, statusBefore: before.status)
        return TaskWrite(
            record: record, expectedRevision: before.revision, from: before.status, actor: "load",
            action: "stop.accepted", atMs: 2, stop: stop)
    }

    private func apply(_ write: BatchWrite, with writes: [TaskWrite]) async throws -> BatchRecord {
        guard case .applied(let revision, _) = try await store.apply(write, with: writes, atomically: false) else {
            throw TaskStoreError(.failed, "a batch was lost without a rival")
        }
        var record = write.record
        record.batch?.revision = revision
        return record
    }
}
