import CutoverModel
import CutoverTasks
import Testing
import TestRandom

@Suite struct AlarmMachineTests {
    static let record = TaskRecord(id: "t1", name: "shop")

    func changes(
        _ active: [Alarm], _ findings: [AlarmKind: AlarmFinding], atMs nowMs: Int64, repeatMs: Int64 = 1_000
    ) -> [Alarm] {
        AlarmMachine.changes(
            active: active, findings: findings, record: Self.record, repeatMs: repeatMs, nowMs: nowMs
        ) { "id-\($0.name)" }
    }

    @Test func raisedRepeatedCleared() throws {
        let raised = try #require(changes([], [.lagHigh: .present("late")], atMs: 5_000).first)
        #expect(
            raised
                == Alarm(
                    id: "id-LAG_HIGH", kind: .lagHigh, taskId: "t1", message: "late", raisedAtMs: 5_000, count: 1,
                    taskName: "shop"))
        #expect(changes([raised], [.lagHigh: .present("later")], atMs: 5_999).isEmpty)
        let again = try #require(changes([raised], [.lagHigh: .present("later")], atMs: 6_000).first)
        #expect(again.id == raised.id && again.count == 2 && again.repeatedAtMs == 6_000 && again.message == "later")
        #expect(again.raisedAtMs == 5_000)
        let held = try #require(changes([again], [.lagHigh: .unchanged], atMs: 7_000).first)
        #expect(held.count == 3 && held.message == "later", "what was said stays said")
        let cleared = try #require(changes([held], [.lagHigh: .absent("gone")], atMs: 7_500).first)
        #expect(cleared.clearedAtMs == 7_500 && cleared.clearedReason == "gone" && cleared.count == 3)
        #expect(changes([], [.lagHigh: .absent("gone")], atMs: 8_000).isEmpty)
        #expect(changes([], [.lagHigh: .unchanged], atMs: 8_000).isEmpty)
    }

    @Test func aClockThatIsSetBackNeitherSilencesNorFloods() throws {
        let raised = Alarm(id: "a", kind: .lagHigh, taskId: "t1", raisedAtMs: 1_000_000, count: 1)
        let again = try #require(changes([raised], [.lagHigh: .present("late")], atMs: 500_000).first)
        #expect(changes([again], [.lagHigh: .present("late")], atMs: 500_500).isEmpty)
        let cleared = try #require(changes([again], [.lagHigh: .absent("gone")], atMs: 400_000).first)
        #expect(cleared.clearedAtMs >= cleared.raisedAtMs)
    }

    @Test func theCountStays() throws {
        let raised = Alarm(id: "a", kind: .lagHigh, taskId: "t1", raisedAtMs: 1, count: .max)
        #expect(changes([raised], [.lagHigh: .present("late")], atMs: 5_000).first?.count == .max)
    }

    /// Random findings at random times: of each kind at most one is active; it is active exactly when the last decided
    /// finding was present; nothing is said more often than it may; the same run gives the same log.
    @Test(arguments: 0..<200)
    func anyHistory(run: Int) {
        let seed = UInt64.random(in: 0 ... .max)
        let first = history(seed)
        #expect(first == history(seed), "seed \(seed)")
    }

    private func history(_ seed: UInt64) -> [Alarm] {
        var random = SplitMix64(seed: seed)
        var active: [Alarm] = []
        var log: [Alarm] = []
        var expected: Set<AlarmKind> = []
        var nowMs: Int64 = 1_000_000
        var ids = 0
        for _ in 0..<300 {
            nowMs += Int64.random(in: 1...1_500, using: &random)
            var findings: [AlarmKind: AlarmFinding] = [:]
            for kind in AlarmRules.kinds {
                switch Int.random(in: 0..<4, using: &random) {
                case 0:
                    findings[kind] = .absent("gone")
                    expected.remove(kind)
                case 1:
                    findings[kind] = .present("there")
                    expected.insert(kind)
                case 2: findings[kind] = .unchanged
                default: break
                }
            }
            let changes = AlarmMachine.changes(
                active: active, findings: findings, record: Self.record, repeatMs: 2_000, nowMs: nowMs
            ) { _ in
                ids += 1
                return "a\(ids)"
            }
            for alarm in changes {
                if let before = active.first(where: { $0.id == alarm.id }), alarm.clearedAtMs == 0 {
                    let silence = nowMs - (before.repeatedAtMs == 0 ? before.raisedAtMs : before.repeatedAtMs)
                    #expect(silence >= 2_000, "seed \(seed)")
                    #expect(alarm.count == before.count + 1, "seed \(seed)")
                }
                active.removeAll { $0.id == alarm.id }
                if alarm.clearedAtMs == 0 { active.append(alarm) }
            }
            #expect(active.count == expected.count && Set(active.map(\.kind)) == expected, "seed \(seed)")
            log += changes
        }
        return log
    }
}
