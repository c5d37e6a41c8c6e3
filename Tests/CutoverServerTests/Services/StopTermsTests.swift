import CutoverModel
import CutoverRPC
@testable import CutoverServer
import Testing

@Suite struct StopTermsTests {
    func refusal(of terms: StopTerms, needsReason: Bool = true) -> RPCError? {
        do {
            try terms.validate(needsReason: needsReason)
            return nil
        } catch {
            return error as? RPCError
        }
    }

    func terms(_ change: (inout StopTerms) -> Void) -> StopTerms {
        var terms = StopTerms()
        change(&terms)
        return terms
    }

    @Test func whatIsLeftOutIsTaken() {
        #expect(refusal(of: StopTerms()) == nil)
        #expect(refusal(of: StopTerms(StopTaskRequest(taskId: "t"))) == nil)
    }

    @Test(arguments: ["0-1-4711", "0-1-4711,1-2-17", " 0-1-1 , 7-3-18446744073709551615"])
    func positionsOfMariaDBAreTaken(_ gtid: String) {
        #expect(refusal(of: terms { $0.drainTo = DrainTarget(point: .gtid, gtid: gtid) }) == nil)
    }

    @Test func positionsAreKeptInOneSpelling() {
        let spelled = terms { $0.drainTo = DrainTarget(point: .gtid, gtid: " 7-3-1 ,0-01-5") }
        let order = spelled.order(stopID: "s", actor: "ann", defaultDeadlineMs: 1)
        #expect(order.drainTo == DrainTarget(point: .gtid, gtid: "0-1-5,7-3-1"))
    }

    @Test(arguments: ["", " ", ",", "0-1", "0-1-x", "0-1-1,0-1-2", "bin.000001:4", "+0-1-1"])
    func otherTextIsNoPosition(_ gtid: String) throws {
        let found = try #require(refusal(of: terms { $0.drainTo = DrainTarget(point: .gtid, gtid: gtid) }))
        #expect(found.status == .invalidArgument && found.message.contains("drain_to.gtid"))
    }

    @Test func aPositionHasALimit() {
        let long = String(repeating: " ", count: StopTerms.maxGTIDBytes) + "0-1-1"
        #expect(refusal(of: terms { $0.drainTo = DrainTarget(point: .gtid, gtid: long) }) != nil)
    }

    @Test(arguments: [0, -1, Int64.min])
    func aTimeMustBeAfter1970(_ timeMs: Int64) {
        #expect(refusal(of: terms { $0.drainTo = DrainTarget(point: .time, timeMs: timeMs) }) != nil)
        #expect(refusal(of: terms { $0.drainTo = DrainTarget(point: .time, timeMs: 1) }) == nil)
    }

    @Test func argumentsGoWithTheirPointOnly() {
        for point in [DrainPoint.unspecified, .current, .applied, .time] {
            #expect(refusal(of: terms { $0.drainTo = DrainTarget(point: point, gtid: "0-1-1", timeMs: 5) }) != nil)
        }
        for point in [DrainPoint.unspecified, .current, .applied, .gtid] {
            #expect(refusal(of: terms { $0.drainTo = DrainTarget(point: point, gtid: "0-1-1", timeMs: 5) }) != nil)
        }
    }

    @Test(arguments: [DrainTarget(point: .gtid, gtid: "0-1-1"), DrainTarget(point: .time, timeMs: 5)])
    func aForcedStopDrainsToNothing(_ target: DrainTarget) throws {
        let forced = terms {
            $0.mode = .forced
            $0.reason = "fire"
            $0.drainTo = target
        }
        let found = try #require(refusal(of: forced))
        #expect(found.message.contains("forced"))
    }

    @Test(arguments: ["", " ", "\u{3000}"])
    func whatMayForceNeedsAReason(_ reason: String) throws {
        let forced = terms {
            $0.mode = .forced
            $0.reason = reason
        }
        let late = terms {
            $0.onDeadline = .force
            $0.reason = reason
        }
        for terms in [forced, late] {
            let found = try #require(refusal(of: terms))
            #expect(found.status == .invalidArgument && found.reason == "REASON_REQUIRED")
            #expect(refusal(of: terms, needsReason: false) == nil, "a plan is asked for before")
        }
    }

    @Test func numbersOfNewerClientsAreNamed() {
        let unknown: [(String, (inout StopTerms) -> Void)] = [
            ("mode", { $0.mode = .unrecognized(77) }), ("on_deadline", { $0.onDeadline = .unrecognized(77) }),
            ("when_illegal", { $0.whenIllegal = .unrecognized(77) }),
            ("drain_to.point", { $0.drainTo = DrainTarget(point: .unrecognized(77)) }),
        ]
        for (field, change) in unknown {
            #expect(refusal(of: terms(change))?.message.hasPrefix("\(field): 77") == true)
        }
    }

    @Test func theServersDeadlineIsTheStopsOwn() {
        var terms = StopTerms()
        let filled = terms.order(stopID: "s", actor: "ann", defaultDeadlineMs: 60_000)
        #expect(filled.drainDeadlineMs == 60_000)
        terms.drainDeadlineMs = 5
        #expect(terms.order(stopID: "s", actor: "ann", defaultDeadlineMs: 60_000).drainDeadlineMs == 5)
        terms.drainDeadlineMs = 0
        #expect(terms.order(stopID: "s", actor: "ann", defaultDeadlineMs: .max).drainDeadlineMs == .max)
    }

    @Test func anOverrideChangesOnlyWhatItSets() {
        let batch = terms {
            $0.mode = .graceful
            $0.reason = "move"
            $0.drainDeadlineMs = 9
            $0.drainTo = DrainTarget(point: .gtid, gtid: "0-1-1")
            $0.requireAllObjects = true
            $0.whenIllegal = .wait
        }
        #expect(batch.overridden(by: StopOverride(taskId: "t")) == batch)
        let forced = batch.overridden(by: StopOverride(taskId: "t", mode: .forced, reason: "fire"))
        #expect(forced.mode == .forced && forced.reason == "fire" && forced.drainTo == nil && forced.requireAllObjects)
        #expect(refusal(of: forced) == nil)
        let named = batch.overridden(
            by: StopOverride(taskId: "t", mode: .forced, drainTo: DrainTarget(point: .gtid, gtid: "0-1-2")))
        #expect(refusal(of: named) != nil, "an override that contradicts itself is refused")
    }

    @Test func anEndThatIsLongUnreachableMakesATaskAbnormal() {
        let lost = MigrationProgress(appliedPosition: "0-1-7", sourceUnreachableSinceMs: 1_000)
        let early = StopHints(lost, nowMs: 1_000 + StopHints.unreachableAfterMs - 1)
        #expect(early.abnormality == nil && early.appliedPosition == "0-1-7")
        let late = StopHints(lost, nowMs: 13_000)
        #expect(late.abnormality == "the source has been unreachable for 12 s, so the task cannot drain")
        let destination = StopHints(MigrationProgress(destinationUnreachableSinceMs: 1_000), nowMs: 13_000)
        #expect(destination.abnormality?.contains("destination") == true)
        #expect(StopHints(nil, nowMs: 13_000) == StopHints())
    }
}
