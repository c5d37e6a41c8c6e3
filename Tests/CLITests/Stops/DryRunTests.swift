import CutoverModel
import Testing

@testable import cutover

@Suite struct DryRunTests {
    private func item(_ id: String, _ result: StopItemResult, _ mode: StopMode = .graceful) -> BatchItem {
        BatchItem(
            taskId: id, result: result, status: .incrementalMigration, modeTaken: mode,
            error: result == .rejected ? ErrorInfo(message: "Not now.", reason: "REPAIR_UNDER_WAY") : nil, final: true,
            taskName: "n\(id)")
    }

    @Test func countsAndShowsTheForcedFirst() {
        var dry = DryRun()
        for number in 0..<30 { dry.take(item("g\(number)", .accepted)) }
        dry.take(item("f", .accepted, .forced))
        dry.take(item("e", .alreadyStopped))
        dry.take(item("p", .inProgress))
        dry.take(item("r", .rejected))
        dry.take(item("u", .unknownTask))
        let prospect = dry.prospect
        #expect(prospect.stoppable == 31)
        #expect(prospect.forced == 1)
        #expect(prospect.ended == 1)
        #expect(prospect.inProgress == 1)
        #expect(prospect.refusedCount == 2)
        #expect(prospect.refused.map(\.reason) == ["REPAIR_UNDER_WAY", "UNKNOWN_TASK"])
        #expect(prospect.refusalStatus == .partial)
        #expect(dry.shown.count == StopProspect.shownLimit)
        #expect(dry.shown.first?.taskId == "f")
        #expect(dry.ids?.count == 31)
        #expect(dry.forcedIDs == ["f"])
    }

    @Test func aTaskThatCannotBePlannedIsShownAsTheDryRunSaidIt() {
        var dry = DryRun()
        dry.take(item("a", .accepted))
        var refused = Fixtures.gracefulPlan
        refused.legal = false
        let prospect = dry.prospect([PlannedStop(taskID: "a", outcome: .success(refused))])
        #expect(prospect.shown.map(\.taskName) == ["na"])
        #expect(prospect.shown.map(\.modeTaken) == [.graceful])
    }

    @Test func moreIdsThanABatchMayNameAreNotKept() {
        var dry = DryRun()
        for number in 0...StopSelection.namedLimit { dry.take(item(String(number), .accepted)) }
        #expect(dry.ids == nil)
        #expect(dry.prospect.stoppable == StopSelection.namedLimit + 1)
    }
}
