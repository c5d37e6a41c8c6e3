import CutoverModel
import CutoverSQLite
import CutoverTasks
import Testing

/// The same random program on both stores gives the same answers and the same revisions.
@Suite struct StoreTwinTests {
    @Test(.timeLimit(.minutes(5)))
    func randomProgram() async throws {
        let seed = testSeed()
        print("StoreTwinTests: CUTOVER_TEST_SEED=\(seed)")
        try await withStore { sqlite, _ in
            var program = StoreProgram(seed: seed)
            let memory = InMemoryTaskStore(seal: .chained)
            for step in 0..<10_000 {
                let call = program.next()
                let mine = await call.perform(sqlite)
                let model = await call.perform(memory)
                try #require(mine == model, "seed \(seed), step \(step): \(call)")
                program.learn(mine)
            }
            let (mine, model) = (try await sqlite.revision(), try await memory.revision())
            #expect(mine == model && mine > 1000)
            var after: UInt64 = 0
            while after < mine {
                let events = try await sqlite.events(after: after, limit: 500)
                let expected = try await memory.events(after: after, limit: 500)
                #expect(events == expected)
                after = try #require(events.last?.revision)
            }
            let audit = try await sqlite.verifyAudit()
            #expect(audit.problem == nil && audit.records > 100)
        }
    }
}

/// One call of a random program.
enum StoreCall: Sendable {
    case apply([TaskWrite])
    case states([String])
    case list(TaskQuery)
    case live(after: String?, limit: Int)
    case events(after: UInt64, limit: Int)
    case stop(String)
    case request(String)
    case bodies(String)
    case saveProgress([String: MigrationProgress])
    case saveInventory(String, ObjectInventory)

    enum Answer: Sendable, Hashable {
        case outcomes([WriteOutcome])
        case states([TaskState?])
        case page(TaskPage)
        case events([TaskEvent])
        case stop(Stop?, Receipt?)
        case request(RequestMemo?)
        case bodies(TaskSpec?, PreCheckReport?, MigrationProgress?, ObjectInventory?)
        case done
        case failed(String)
    }

    func perform(_ store: some TaskStore) async -> Answer {
        do {
            switch self {
            case .apply(let writes): return .outcomes(try await store.apply(writes))
            case .states(let ids): return .states(try await store.states(of: ids))
            case .list(let query): return .page(try await store.list(query))
            case .live(let after, let limit): return .page(try await store.live(after: after, limit: limit))
            case .events(let after, let limit): return .events(try await store.events(after: after, limit: limit))
            case .stop(let id): return .stop(try await store.stop(id: id), try await store.receipts(stopID: id).first)
            case .request(let id): return .request(try await store.request(id: id))
            case .bodies(let id):
                return .bodies(
                    try await store.spec(of: id), try await store.preCheck(of: id), try await store.progress(of: id),
                    try await store.inventory(of: id))
            case .saveProgress(let progress):
                try await store.saveProgress(progress)
                return .done
            case .saveInventory(let id, let inventory):
                try await store.saveInventory(inventory, of: id)
                return .done
            }
        } catch {
            return .failed("\((error as? TaskStoreError)?.code as Any)")
        }
    }
}

/// Makes calls about few tasks, so that writes meet; remembers revisions so that most writes succeed.
struct StoreProgram {
    private var chance: Chance
    private var revisions: [String: UInt64] = [:]
    private var lastRevision: UInt64 = 0
    private var page: String?
    private static let names = ["shop", "shop[1]", "shop*", "orders", "ordérs", ""]
    private static let globs = ["", "*", "shop*", "shop[1]", "?r*s", "*[[]*", "sh?p", "*]"]

    init(seed: UInt64) { chance = Chance(seed: seed) }

    /// Takes in what an answer tells about the tasks.
    mutating func learn(_ answer: StoreCall.Answer) {
        if case .states(let states) = answer {
            for state in states.compactMap({ $0 }) { revisions[state.record.id] = state.record.revision }
        }
        if case .page(let found) = answer {
            page = found.next
            lastRevision = found.revision
            for state in found.states { revisions[state.record.id] = state.record.revision }
        }
        guard case .outcomes(let outcomes) = answer else { return }
        for (id, outcome) in zip(written, outcomes) {
            switch outcome {
            case .applied(let revision, _): revisions[id] = revision
            case .lost(let current): revisions[id] = current?.record.revision ?? 0
            case .requestKnown: break
            }
        }
    }

    private var written: [String] = []

    mutating func next() -> StoreCall {
        let id = "task-\(chance.below(40))"
        switch chance.below(20) {
        case 0: return .states((0..<chance.below(6)).map { _ in "task-\(chance.below(44))" })
        case 1:
            return .list(
                TaskQuery(
                    statuses: Set((0..<chance.below(4)).map { _ in status() }),
                    nameGlob: Self.globs.randomElement(using: &chance) ?? "",
                    labels: (0..<max(0, chance.below(5) - 2)).map { _ in label() },
                    after: chance.percent(50) ? page : nil, limit: 1 + chance.below(8)))
        case 2: return .live(after: chance.percent(50) ? page : nil, limit: 1 + chance.below(10))
        case 3: return .events(after: UInt64(chance.below(Int(lastRevision) + 2)), limit: 1 + chance.below(20))
        case 4: return .stop("stop-\(chance.below(60))")
        case 5: return .request("request-\(chance.below(400))")
        case 6: return .bodies(id)
        case 7: return .saveProgress([id: MigrationProgress(rowsCopied: chance.next()), "x": MigrationProgress()])
        case 8: return .saveInventory(id, ObjectInventory(atMs: Int64(chance.below(1000))))
        default:
            let writes = (0..<(1 + chance.below(4))).map { _ in write() }
            written = writes.map { $0.record.id }
            return .apply(writes)
        }
    }

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
            request: chance.percent(50) ? request : nil, seals: stop != nil && chance.percent(50) ? .stopped : nil,
            deletes: chance.percent(5))
    }

    private mutating func status() -> TaskStatus {
        chance.percent(2) ? .unrecognized(99) : TaskStatus.allKnown.randomElement(using: &chance) ?? .paused
    }

    private mutating func label() -> TaskLabel {
        TaskLabel(key: "k\(chance.below(2))", value: "v\(chance.below(2))")
    }
}
