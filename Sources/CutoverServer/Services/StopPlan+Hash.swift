internal import Crypto
import CutoverModel
internal import CutoverTasks

extension StopPlan {
    /// SHA-256 over everything of this plan that the stop depends on.
    ///
    /// In this order, numbers as 8 bytes big-endian, texts as their length and their UTF-8: the tag "cutover-plan-1"; task id;
    /// status, kind, the five facts of its sub-state, its present stop's id, phase and mode; whether the stop is legal, the
    /// reason of the refusal, the mode taken, whether it waits; the terms as asked: mode, require_all_objects,
    /// drain_deadline_ms, on_deadline, when_illegal, and the drain point with its argument; whether the objects are known, then
    /// each one's kind, database, table, name and result, in this order. Not in it: lag, backlog, estimates, counters, and
    /// sentences for people.
    func hash(terms: StopTerms, basis: PlanBasis) -> [UInt8] {
        var hash = PlanHash()
        hash.add("cutover-plan-1")
        hash.add(taskId)
        hash.add(basis.status.rawValue, basis.kind.rawValue)
        hash.add(
            basis.configurationRunning, basis.configurationFailed, basis.repairRunning, basis.destinationTouched,
            basis.copyDone)
        hash.add(basis.stopID)
        hash.add(basis.stopPhase.rawValue, basis.stopMode.rawValue)
        hash.add(legal)
        hash.add(refusal?.reason ?? "")
        hash.add(modeTaken.rawValue)
        hash.add(waits)
        hash.add(terms.mode.rawValue)
        hash.add(terms.requireAllObjects)
        hash.add(Int64(terms.drainDeadlineMs))
        hash.add(terms.onDeadline.rawValue, terms.whenIllegal.rawValue)
        hash.add((drainTo?.point ?? .unspecified).rawValue)
        hash.add(drainTo?.gtid ?? "")
        hash.add(drainTo?.timeMs ?? 0)
        hash.add(objectsKnown)
        hash.add(objectsTruncated)
        let ordered = objects.sorted { one, other in
            one.kind == other.kind
                ? one.place.lexicographicallyPrecedes(other.place) : one.kind.rawValue < other.kind.rawValue
        }
        hash.add(Int64(ordered.count))
        for object in ordered {
            hash.add(object.kind.rawValue)
            for text in object.place { hash.add(text) }
            hash.add(object.result.rawValue)
        }
        return hash.finish()
    }
}

extension ObjectOutcome {
    fileprivate var place: [String] { [database, table, name] }
}

/// Hashes values so that no two sequences of them look alike.
private struct PlanHash {
    private var hash = SHA256()

    mutating func add(_ text: String) {
        let bytes = Array(text.utf8)
        add(Int64(bytes.count))
        hash.update(data: bytes)
    }

    mutating func add(_ number: Int64) {
        withUnsafeBytes(of: number.bigEndian) { hash.update(bufferPointer: $0) }
    }

    mutating func add(_ numbers: Int32...) {
        for number in numbers { add(Int64(number)) }
    }

    mutating func add(_ facts: Bool...) {
        for fact in facts { add(Int64(fact ? 1 : 0)) }
    }

    func finish() -> [UInt8] { Array(hash.finalize()) }
}
