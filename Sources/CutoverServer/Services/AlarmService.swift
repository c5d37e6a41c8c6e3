import CutoverModel
internal import CutoverRPC
internal import CutoverServices
internal import CutoverSQLite
internal import CutoverTasks

/// Serves the alarms that the monitor writes.
struct AlarmService: AlarmServiceHandler {
    /// Alarms read from the store at a time while watching.
    private static let watchPage = 500
    private static let maxPage: UInt32 = 1_000
    private static let defaultPage: UInt32 = 100

    let store: any TaskStore
    /// The last change that is durable, told by the monitor.
    let changes: RevisionWaiters

    func listAlarms(_ request: ListAlarmsRequest, context: CallContext) async throws -> ListAlarmsResponse {
        do {
            return try await list(request)
        } catch {
            throw ServiceErrors.rpcError(error)
        }
    }

    func watchAlarms(
        _ request: WatchAlarmsRequest, context: CallContext, writer: ItemWriter<WatchAlarmsEvent>
    ) async throws {
        do {
            try await watch(request, writer)
        } catch {
            throw ServiceErrors.rpcError(error)
        }
    }

    private func list(_ request: ListAlarmsRequest) async throws -> ListAlarmsResponse {
        guard request.pageSize <= Self.maxPage else {
            throw ServiceErrors.invalid("page_size must be 1 to \(Self.maxPage), or 0 for \(Self.defaultPage).")
        }
        var query = AlarmQuery(
            includesCleared: request.includeCleared, taskID: try Self.task(request.taskId),
            kinds: try Self.kinds(request.kinds),
            limit: Int(request.pageSize == 0 ? Self.defaultPage : request.pageSize))
        if !request.pageToken.isEmpty {
            guard let before = Self.change(request.pageToken) else {
                throw ServiceErrors.invalid("page_token is none of this server's. Begin from the first page.")
            }
            query.before = before
        }
        // Read before the page: what changes meanwhile is watched twice rather than missed.
        let change = changes.revision
        let alarms = try await store.alarms(query)
        let isLast = alarms.count < query.limit
        return ListAlarmsResponse(
            alarms: alarms, nextPageToken: isLast ? "" : alarms.last.map { String($0.change) } ?? "", change: change)
    }

    /// What was active first when the caller has no place yet, then every change.
    ///
    /// A place beyond the last change is another store's, such as of one before a backup was restored: taken as none.
    private func watch(_ request: WatchAlarmsRequest, _ writer: ItemWriter<WatchAlarmsEvent>) async throws {
        let task = try Self.task(request.taskId)
        let kinds = try Self.kinds(request.kinds)
        var place = request.afterChange
        let present = changes.revision
        if place == 0 || place > present {
            place = present
            try await sendActive(task, kinds, writer)
        }
        while !Task.isCancelled {
            let page = try await store.alarms(afterChange: place, limit: Self.watchPage)
            for alarm in page
            where (task.isEmpty || alarm.taskId == task) && (kinds.isEmpty || kinds.contains(alarm.kind)) {
                try await writer.write(WatchAlarmsEvent(alarm: alarm))
            }
            if let last = page.last { place = last.change }
            if page.count < Self.watchPage { try await changes.wait(above: place) }
        }
    }

    /// In the order of their changes, so that a caller whose connection is lost goes on from the last that it got. As many
    /// are held as may be active at one time.
    private func sendActive(
        _ task: String, _ kinds: Set<AlarmKind>, _ writer: ItemWriter<WatchAlarmsEvent>
    ) async throws {
        var query = AlarmQuery(taskID: task, kinds: kinds, limit: Self.watchPage)
        var active: [Alarm] = []
        while true {
            let page = try await store.alarms(query)
            active += page
            guard page.count == query.limit, let last = page.last else { break }
            query.before = last.change
        }
        for alarm in active.reversed() { try await writer.write(WatchAlarmsEvent(alarm: alarm)) }
    }

    private static func task(_ id: String) throws -> String {
        id.isEmpty ? id : try RequestValidation.identifier(id, field: "task_id")
    }

    private static func kinds(_ kinds: [AlarmKind]) throws -> Set<AlarmKind> {
        for kind in kinds where !AlarmRules.kinds.contains(kind) {
            throw ServiceErrors.invalid("kinds: \(kind.name) is not a kind of alarm that this server knows.")
        }
        return Set(kinds)
    }

    /// A change as a page token; at most what a store can count to.
    private static func change(_ token: String) -> UInt64? {
        UInt64(token).flatMap { $0 > 0 && $0 <= UInt64(Int64.max) ? $0 : nil }
    }
}
