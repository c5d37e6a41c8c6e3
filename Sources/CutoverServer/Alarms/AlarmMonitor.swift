import CutoverModel
internal import CutoverSQLite
internal import CutoverTasks
internal import Logging

/// Looks at every task that may have an alarm, again and again, and writes what has changed.
///
/// Level-triggered: a look depends on the state alone, so that nothing is lost by a crash or a failed write. Active alarms are
/// read from the store after a start, and again after a failed write, and so are never raised twice.
actor AlarmMonitor {
    /// Tasks read, and alarms written, at a time.
    private static let page = 1_000
    private static let purgeIntervalMs: Int64 = 3_600_000

    private let store: any TaskStore
    private let board: ProgressBoard
    private let settings: AlarmSettings
    /// True to owe every change to the webhook.
    private let delivers: Bool
    /// Told of every change that is durable.
    private let changes: RevisionWaiters
    private let logger: Logger
    private let nowMs: @Sendable () -> Int64

    /// By task; nil until they were read.
    private var active: [String: [Alarm]]?
    private var activeCount = 0
    private var memory: [String: AlarmMemory] = [:]
    /// Where the next look goes on with the listing of the watched statuses.
    private var place: String?
    private var purgedAtMs: Int64?
    private var isFailing = false
    private var isFull = false
    private var loop: Task<Void, Never>?

    init(
        store: any TaskStore, board: ProgressBoard, settings: AlarmSettings, delivers: Bool, changes: RevisionWaiters,
        logger: Logger, nowMs: @escaping @Sendable () -> Int64
    ) {
        self.store = store
        self.board = board
        self.settings = settings
        self.delivers = delivers
        self.changes = changes
        self.logger = logger
        self.nowMs = nowMs
    }

    func start() {
        guard loop == nil else { return }
        let interval = Duration.milliseconds(settings.intervalMs)
        loop = Task { [weak self] in
            while !Task.isCancelled {
                await self?.lookOrLog()
                try? await Task.sleep(for: interval)
            }
        }
    }

    /// Alarms that are active now, by kind; nil before they were read.
    var raised: [AlarmKind: Int]? {
        active?.values.joined().reduce(into: [:]) { counts, alarm in counts[alarm.kind, default: 0] += 1 }
    }

    /// Ends with the present look.
    func shutDown() async {
        loop?.cancel()
        await loop?.value
    }

    private func lookOrLog() async {
        do {
            try await look()
            if isFailing { logger.notice("alarms are looked for again") }
            isFailing = false
        } catch {
            guard !Task.isCancelled else { return }
            if !isFailing { logger.error("alarms cannot be looked for", metadata: ["kind": "\(type(of: error))"]) }
            isFailing = true
        }
    }

    /// One look: raises, repeats and clears what has changed since the last.
    /// - Throws: `TaskStoreError`; the next look begins from what is durable.
    func look() async throws {
        try await loadActive()
        let progress = board.all()
        let suspects = progress.filter { AlarmRules.isSuspect($0.value, thresholds: settings.thresholds) }.keys
        let named = Set(active?.keys ?? [:].keys).union(memory.keys).union(suspects).sorted()
        for start in stride(from: 0, to: named.count, by: Self.page) {
            let ids = Array(named[start..<min(start + Self.page, named.count)])
            let states = try await store.states(of: ids)
            var alarms: [Alarm] = []
            for (id, state) in zip(ids, states) { alarms += examine(id, state, progress[id]) }
            try await save(alarms)
        }
        try await lookThroughStatuses(except: Set(named), progress)
        try await purge()
    }

    private func lookThroughStatuses(except seen: Set<String>, _ progress: [String: MigrationProgress]) async throws {
        for _ in 0..<settings.pagesPerLook {
            let page = try await store.list(
                TaskQuery(statuses: AlarmRules.watchedStatuses, after: place, limit: Self.page))
            var alarms: [Alarm] = []
            for state in page.states where !seen.contains(state.record.id) {
                alarms += examine(state.record.id, state, progress[state.record.id])
            }
            try await save(alarms)
            place = page.next
            if place == nil { return }
        }
    }

    /// What changes about one task's alarms.
    private func examine(_ id: String, _ state: TaskState?, _ progress: MigrationProgress?) -> [Alarm] {
        let alarms = active?[id] ?? []
        let now = nowMs()
        guard let state else {
            memory[id] = nil
            return alarms.map { AlarmMachine.cleared($0, "the task was deleted", nowMs: now) }
        }
        let situation = AlarmSituation(record: state.record, stop: state.stop, progress: progress)
        var remembered = memory[id] ?? AlarmMemory()
        remembered.observe(situation, nowMs: now, thresholds: settings.thresholds)
        let findings = AlarmRules.findings(
            for: situation, memory: remembered, thresholds: settings.thresholds, nowMs: now)
        let changes = AlarmMachine.changes(
            active: alarms, findings: findings, record: state.record, repeatMs: settings.thresholds.repeatMs, nowMs: now
        ) { _ in TimeOrderedID.make(nowMs: now) }
        memory[id] = remembered.isEmpty && alarms.isEmpty ? nil : remembered
        return changes
    }

    // MARK: - Writing

    private func save(_ found: [Alarm]) async throws {
        let alarms = withinBound(try await stillRaised(found))
        guard !alarms.isEmpty else { return }
        let saved: [Alarm]
        do {
            saved = try await store.saveAlarms(alarms, delivers: delivers)
        } catch {
            // Whether it was written is not known.
            active = nil
            throw error
        }
        for alarm in saved { take(alarm) }
        if let last = saved.map(\.change).max() { changes.advance(to: last) }
    }

    /// Leaves out what is to be raised for a task whose stop was accepted since it was read.
    private func stillRaised(_ alarms: [Alarm]) async throws -> [Alarm] {
        let raised = alarms.filter { Self.isNew($0) && $0.kind != .stopStuck }
        guard !raised.isEmpty else { return alarms }
        let ids = Array(Set(raised.map(\.taskId)))
        var inWindow: Set<String> = []
        for (id, state) in zip(ids, try await store.states(of: ids)) {
            guard let status = state?.record.status else {
                inWindow.insert(id)
                continue
            }
            if status == .stopping || status == .stopFailed || status.isFinal { inWindow.insert(id) }
        }
        return alarms.filter { !Self.isNew($0) || $0.kind == .stopStuck || !inWindow.contains($0.taskId) }
    }

    private func withinBound(_ alarms: [Alarm]) -> [Alarm] {
        var room = settings.maxActive - activeCount + alarms.count { $0.clearedAtMs != 0 }
        let kept = alarms.filter { alarm in
            guard Self.isNew(alarm) else { return true }
            room -= 1
            return room >= 0
        }
        if kept.count < alarms.count {
            if !isFull { logger.error("no more alarms are raised", metadata: ["active": "\(activeCount)"]) }
            isFull = true
        } else if activeCount < settings.maxActive {
            isFull = false
        }
        return kept
    }

    private static func isNew(_ alarm: Alarm) -> Bool {
        alarm.change == 0 && alarm.clearedAtMs == 0 && alarm.repeatedAtMs == 0
    }

    private func take(_ alarm: Alarm) {
        var alarms = (active?[alarm.taskId] ?? []).filter { $0.id != alarm.id }
        let before = active?[alarm.taskId]?.count ?? 0
        if alarm.clearedAtMs == 0 { alarms.append(alarm) }
        activeCount += alarms.count - before
        active?[alarm.taskId] = alarms.isEmpty ? nil : alarms
        log(alarm)
    }

    private func log(_ alarm: Alarm) {
        let metadata: Logger.Metadata = [
            "alarm": "\(alarm.id)", "kind": "\(alarm.kind.name)", "task": "\(alarm.taskId)",
        ]
        if alarm.clearedAtMs != 0 {
            logger.notice("alarm cleared", metadata: metadata)
        } else if alarm.repeatedAtMs != 0 {
            logger.warning("alarm goes on", metadata: metadata)
        } else {
            logger.warning("alarm raised", metadata: metadata)
        }
    }

    // MARK: - Reading what there is

    private func loadActive() async throws {
        guard active == nil else { return }
        var alarms: [String: [Alarm]] = [:]
        var count = 0
        var before: UInt64?
        while true {
            let page = try await store.alarms(AlarmQuery(before: before, limit: Self.page))
            for alarm in page { alarms[alarm.taskId, default: []].append(alarm) }
            count += page.count
            guard page.count == Self.page, let last = page.last else { break }
            before = last.change
        }
        active = alarms
        activeCount = count
    }

    private func purge() async throws {
        let now = nowMs()
        if let purgedAtMs, abs(now - purgedAtMs) < Self.purgeIntervalMs { return }
        try await store.purgeAlarms(clearedBefore: now - settings.retentionMs)
        purgedAtMs = now
    }
}
