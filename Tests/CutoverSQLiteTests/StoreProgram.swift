import CutoverModel
import CutoverTasks

/// Makes calls about few tasks, batches and alarms, so that writes meet; remembers revisions so that most writes succeed.
struct StoreProgram {
    private var chance: Chance
    private var revisions: [String: UInt64] = [:]
    private var batchRevisions: [String: UInt64] = [:]
    private var lastRevision: UInt64 = 0
    private var lastChange: UInt64 = 0
    private var page: String?
    private var batchPage: String?
    /// Tasks and batch of the last call that wrote.
    private var written: [String] = []
    private var writtenBatch = ""
    /// How often each kind of outcome of a batch came.
    private(set) var batchOutcomes: [String: Int] = [:]
    private static let names = ["shop", "shop[1]", "shop*", "orders", "ordérs", ""]
    private static let globs = ["", "*", "shop*", "shop[1]", "?r*s", "*[[]*", "sh?p", "*]"]

    init(seed: UInt64) { chance = Chance(seed: seed) }

    // MARK: - What answers tell

    /// Takes in what an answer tells about the tasks and batches.
    mutating func learn(_ answer: StoreCall.Answer) {
        switch answer {
        case .states(let states): learn(states.compactMap { $0 })
        case .page(let found):
            page = found.next
            lastRevision = found.revision
            learn(found.states)
        case .outcomes(let outcomes): learn(outcomes)
        case .batch(let outcome): learn(outcome)
        case .batches(let found):
            batchPage = found.next
            for batch in found.batches.compactMap(\.batch) { batchRevisions[batch.id] = batch.revision }
        case .alarms(let alarms): lastChange = max(lastChange, alarms.map(\.change).max() ?? 0)
        default: break
        }
    }

    private mutating func learn(_ states: [TaskState]) {
        for state in states { revisions[state.record.id] = state.record.revision }
    }

    private mutating func learn(_ outcomes: [WriteOutcome]) {
        for (id, outcome) in zip(written, outcomes) {
            switch outcome {
            case .applied(let revision, _): revisions[id] = revision
            case .lost(let current): revisions[id] = current?.record.revision ?? 0
            case .requestKnown: break
            }
        }
    }

    private mutating func learn(_ outcome: BatchOutcome) {
        switch outcome {
        case .applied(let revision, let outcomes):
            batchOutcomes["applied", default: 0] += 1
            batchRevisions[writtenBatch] = revision
            learn(outcomes)
        case .partial(let outcomes):
            batchOutcomes["partial", default: 0] += 1
            learn(outcomes)
        case .refused(let outcomes):
            batchOutcomes["refused", default: 0] += 1
            learn(outcomes)
        case .lost(let current):
            batchOutcomes["lost", default: 0] += 1
            batchRevisions[writtenBatch] = current?.batch?.revision ?? 0
        }
    }

    // MARK: - Calls

    mutating func next() -> StoreCall {
        switch chance.below(10) {
        case 0, 1, 2, 3: return applyTasks()
        case 4, 5: return applyBatch()
        case 6: return alarmCall()
        case 7: return batchRead()
        default: return taskRead()
        }
    }

    private mutating func applyTasks() -> StoreCall {
        let writes = (0..<(1 + chance.below(4))).map { _ in write() }
        written = writes.map { $0.record.id }
        return .apply(writes)
    }

    private mutating func applyBatch() -> StoreCall {
        let id = "batch-\(chance.below(30))"
        let writes = (0..<chance.below(4)).map { _ in write() }
        written = writes.map { $0.record.id }
        writtenBatch = id
        let record = BatchRecord(
            batch: StopBatch(
                id: id,
                state: chance.percent(5)
                    ? .unrecognized(9)
                    : BatchState.allKnown.randomElement(using: &chance)
                        ?? .running, revision: UInt64(chance.below(9))), fingerprint: [UInt8(chance.below(9))],
            openPage: UInt32(chance.below(9)))
        let pages = (0..<chance.below(3)).map { _ in
            BatchPage(batchId: id, index: UInt32(chance.below(4)), items: [BatchItem(taskId: "t\(chance.below(99))")])
        }
        return .batch(
            BatchWrite(
                record: record,
                expectedRevision: chance.percent(15) ? UInt64(chance.below(50)) : batchRevisions[id] ?? 0, pages: pages,
                actor: "actor", action: "batch", atMs: Int64(chance.below(1000))), writes,
            atomically: chance.percent(50))
    }

    private mutating func taskRead() -> StoreCall {
        let id = "task-\(chance.below(40))"
        switch chance.below(9) {
        case 0: return .states((0..<chance.below(6)).map { _ in "task-\(chance.below(44))" })
        case 1: return .list(query())
        case 2: return .live(after: chance.percent(50) ? page : nil, limit: 1 + chance.below(10))
        case 3: return .events(after: UInt64(chance.below(Int(lastRevision) + 2)), limit: 1 + chance.below(20))
        case 4: return .stop("stop-\(chance.below(60))")
        case 5: return .request("request-\(chance.below(400))")
        case 6: return .bodies(id)
        case 7: return .saveProgress([id: MigrationProgress(rowsCopied: chance.next()), "x": MigrationProgress()])
        default: return .saveInventory(id, ObjectInventory(atMs: Int64(chance.below(1000))))
        }
    }

    private mutating func query() -> TaskQuery {
        TaskQuery(
            statuses: Set((0..<chance.below(4)).map { _ in status() }), isLive: chance.percent(40),
            nameGlob: Self.globs.randomElement(using: &chance) ?? "",
            labels: (0..<max(0, chance.below(5) - 2)).map { _ in label() }, after: chance.percent(50) ? page : nil,
            limit: 1 + chance.below(8))
    }

    private mutating func batchRead() -> StoreCall {
        switch chance.below(3) {
        case 0: return .readBatch("batch-\(chance.below(32))", page: UInt32(chance.below(5)))
        case 1: return .batches(after: chance.percent(50) ? batchPage : nil, limit: 1 + chance.below(12))
        default: return .audit(after: UInt64(chance.below(800)), limit: 1 + chance.below(20))
        }
    }

    private mutating func alarmCall() -> StoreCall {
        let change = UInt64(chance.below(Int(lastChange) + 2))
        let time = Int64(chance.below(1000))
        switch chance.below(10) {
        case 0: return .alarms(alarmQuery(before: change))
        case 1: return .changes(after: change, limit: 1 + chance.below(9))
        case 2: return .deliveries(dueBy: time, limit: 1 + chance.below(9))
        case 3:
            return .postpone(
                AlarmDelivery(alarm: Alarm(change: change), attempts: UInt32(chance.below(9)), dueAtMs: time))
        case 4, 5: return .removeDelivery(change)
        case 6: return .purgeAlarms(time / 4)
        default:
            return .saveAlarms((0..<chance.below(4)).map { _ in alarm() }, delivers: chance.percent(60))
        }
    }

    private mutating func alarmQuery(before change: UInt64) -> AlarmQuery {
        AlarmQuery(
            includesCleared: chance.percent(50), taskID: chance.percent(30) ? "task-\(chance.below(4))" : "",
            kinds: Set((0..<chance.below(3)).map { _ in alarmKind() }), before: chance.percent(40) ? change : nil,
            limit: 1 + chance.below(9))
    }

    // MARK: - Values

    private mutating func write() -> TaskWrite {
        let id = "task-\(chance.below(40))"
        let expected = chance.percent(15) ? UInt64(chance.below(50)) : revisions[id] ?? 0
        let stop = chance.percent(25) ? Stop(id: "stop-\(chance.below(60))", taskId: id, attempts: 3) : nil
        let request = RequestMemo(
            id: "request-\(chance.below(4000))", fingerprint: [UInt8(chance.below(4))], taskID: id,
            stopID: stop?.id ?? "")
        return TaskWrite(
            record: TaskRecord(
                id: id, name: Self.names.randomElement(using: &chance) ?? "", status: status(),
                revision: UInt64(chance.below(9)), epoch: chance.next(),
                stopId: stop?.id ?? (chance.percent(30) ? "stop-\(chance.below(60))" : ""),
                labels: (0..<chance.below(3)).map { _ in label() }),
            expectedRevision: expected, from: status(), actor: "actor", action: "act", atMs: Int64.max / 2, stop: stop,
            spec: chance.percent(10) ? TaskSpec(databases: ["db\(chance.below(9))"]) : nil,
            preCheck: chance.percent(10) ? PreCheckReport(atMs: Int64(chance.below(99))) : nil,
            request: chance.percent(50) ? request : nil, seals: stop != nil && chance.percent(50) ? receiptKind() : nil,
            deletes: chance.percent(5))
    }

    private mutating func receiptKind() -> ReceiptKind {
        ReceiptKind.allKnown.filter { $0 != .unspecified }.randomElement(using: &chance) ?? .stopped
    }

    private mutating func alarm() -> Alarm {
        Alarm(
            id: "alarm-\(chance.below(30))", kind: alarmKind(), taskId: "task-\(chance.below(4))",
            clearedAtMs: chance.percent(50) ? Int64(chance.below(1000)) : 0, count: UInt32(chance.below(9)), change: 7)
    }

    private mutating func alarmKind() -> AlarmKind { AlarmKind.allKnown.randomElement(using: &chance) ?? .lagHigh }

    private mutating func status() -> TaskStatus {
        chance.percent(2) ? .unrecognized(99) : TaskStatus.allKnown.randomElement(using: &chance) ?? .paused
    }

    private mutating func label() -> TaskLabel {
        TaskLabel(key: "k\(chance.below(2))", value: "v\(chance.below(2))")
    }
}
