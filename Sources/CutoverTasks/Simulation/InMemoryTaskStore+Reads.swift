package import CutoverModel

extension InMemoryTaskStore {
    // MARK: - One thing

    package func state(of taskID: String) throws -> TaskState? {
        try requireOpen()
        return entries[taskID].map(state)
    }

    package func states(of taskIDs: [String]) throws -> [TaskState?] {
        try requireOpen()
        guard taskIDs.count <= TaskStoreLimits.writes else {
            throw TaskStoreError(.failed, "\(taskIDs.count) ids in one call: give at most \(TaskStoreLimits.writes)")
        }
        return taskIDs.map { entries[$0].map(state) }
    }

    package func spec(of taskID: String) throws -> TaskSpec? {
        try requireOpen()
        return entries[taskID]?.spec
    }

    package func preCheck(of taskID: String) throws -> PreCheckReport? {
        try requireOpen()
        return entries[taskID]?.preCheck
    }

    package func progress(of taskID: String) throws -> MigrationProgress? {
        try requireOpen()
        return entries[taskID]?.progress
    }

    package func inventory(of taskID: String) throws -> ObjectInventory? {
        try requireOpen()
        return entries[taskID]?.inventory
    }

    package func stop(id: String) throws -> Stop? {
        try requireOpen()
        return stops[id]
    }

    package func request(id: String) throws -> RequestMemo? {
        try requireOpen()
        return requests[id]
    }

    // MARK: - The audit log

    package func receipts(stopID: String) throws -> [Receipt] {
        try requireOpen()
        return receipts[stopID] ?? []
    }

    package func audit(after sequence: UInt64, limit: Int) throws -> [AuditRecord] {
        try requireOpen()
        guard sequence < records.count else { return [] }
        return Array(records.dropFirst(Int(sequence)).prefix(TaskStoreLimits.pageLimit(limit)))
    }

    package func auditHead() throws -> AuditHead {
        try requireOpen()
        return AuditHead(
            sequence: UInt64(records.count), hash: records.last?.hash ?? [UInt8](repeating: 0, count: 32))
    }

    // MARK: - Listings

    package func list(_ query: TaskQuery) throws -> TaskPage {
        try page(after: query.after, limit: query.limit, where: query.matches)
    }

    package func live(after: String?, limit: Int) throws -> TaskPage {
        try page(after: after, limit: limit) { !$0.status.isFinal }
    }

    package func liveCounts() throws -> [TaskStatus: Int] {
        try requireOpen()
        return entries.values.reduce(into: [:]) { counts, entry in
            let status = entry.record.status
            if !status.isFinal { counts[status, default: 0] += 1 }
        }
    }

    private func page(after: String?, limit: Int, where isWanted: (TaskRecord) -> Bool) throws -> TaskPage {
        try requireOpen()
        // Positions are counted from 1, as the durable stores count rows.
        let start = Int(try TaskStoreLimits.position(after))
        let limit = TaskStoreLimits.pageLimit(limit)
        var page = TaskPage(states: [], next: nil, revision: lastRevision)
        var last = start
        for id in order.dropFirst(start) {
            guard let id, let entry = entries[id], isWanted(entry.record) else { continue }
            if page.states.count == limit {
                page.next = String(last)
                break
            }
            page.states.append(state(entry))
            last = entry.position + 1
        }
        return page
    }

    func state(_ entry: Entry) -> TaskState {
        TaskState(record: entry.record, stop: entry.record.stopId.isEmpty ? nil : stops[entry.record.stopId])
    }

    // MARK: - The revision log

    package func events(after revision: UInt64, limit: Int) throws -> [TaskEvent] {
        try requireOpen()
        guard revision >= floor else {
            throw TaskStoreError(
                .compacted,
                "changes up to revision \(floor) are no longer kept; read the present state and watch from there")
        }
        let limit = min(TaskStoreLimits.writes, max(1, limit))
        let rest = log[firstIndex(after: revision)...]
        guard rest.count > limit, let first = rest.first else { return Array(rest) }
        let cut = rest[rest.startIndex + limit].revision
        return rest.prefix { first.revision == cut ? $0.revision == cut : $0.revision < cut }
    }

    private func firstIndex(after revision: UInt64) -> Int {
        var low = 0
        var high = log.count
        while low < high {
            let middle = (low + high) / 2
            if log[middle].revision > revision { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
