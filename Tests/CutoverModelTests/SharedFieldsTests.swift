import CutoverModel
import Testing

/// A message of many fields is a value like every other, though its copies share their fields until one is changed.
@Suite struct SharedFieldsTests {
    private func stop() -> Stop {
        Stop(
            id: "s", taskId: "t", modeTaken: .graceful, phases: [PhaseRecord(phase: .draining, startedAtMs: 1)],
            failure: TaskFailure(code: "C", message: "m"))
    }

    @Test func aChangedCopyLeavesTheOriginalAsItWas() {
        let original = stop()
        var copy = original
        #expect(copy == original)
        copy.id = "other"
        copy.phases.append(PhaseRecord(phase: .releasing, startedAtMs: 2))
        copy.phases[0].startedAtMs = 9
        copy.failure?.message = "changed"
        copy.modeTaken = .forced
        #expect(original == stop())
        #expect(copy.id == "other" && copy.taskId == "t" && copy.modeTaken == .forced)
        #expect(copy.phases.map(\.startedAtMs) == [9, 2] && copy.failure?.message == "changed")
    }

    @Test func theOriginalMayBeTheOneThatIsChanged() {
        var original = stop()
        let copy = original
        original.phases = []
        original.failure = nil
        #expect(copy == stop() && original != copy)
        #expect(original.phases.isEmpty && original.failure == nil && original.id == "s")
    }

    @Test func equalityAndHashGoByTheFields() {
        #expect(stop() == stop())
        #expect(Set([stop(), stop()]).count == 1)
        let fields: [WritableKeyPath<Stop, String>] = [\.id, \.taskId, \.actor, \.blocker]
        for field in fields {
            var other = stop()
            other[keyPath: field] += "x"
            #expect(other != stop())
            #expect(Set([other, stop()]).count == 2)
        }
    }

    @Test func copiesMayBeChangedAtTheSameTime() async {
        let original = stop()
        await withTaskGroup(of: Stop.self) { group in
            for number in 0..<100 {
                group.addTask {
                    var copy = original
                    copy.rowsCopied = UInt64(number)
                    copy.blocker += "\(number)"
                    return copy
                }
            }
            var seen: Set<String> = []
            for await copy in group {
                #expect(copy.blocker == "\(copy.rowsCopied)")
                seen.insert(copy.blocker)
            }
            #expect(seen.count == 100)
        }
        #expect(original == stop())
    }
}
