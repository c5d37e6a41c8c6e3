import CutoverModel
import CutoverTasks
import Testing

/// For every promise about batches, a planted bug is found by the simulation.
@Suite struct BatchSimulationCanaryTests {
    private func expectFound(
        _ promise: StopHistory.Promise, _ plant: (inout SimulatedBatchCore) -> Void
    ) async throws {
        var core = SimulatedCore()
        plant(&core.batch)
        let breach = try await StopSimulationTests.firstBreach(
            core, from: 1, schedules: 600, of: promise)
        #expect(breach != nil, "a planted bug against \(promise) was not found")
    }

    // MARK: - The summary is that of the items

    @Test func findsAnEndingThatIsNotCounted() async throws {
        try await expectFound(.batchAddsUp) { batch in
            batch.settle = { standing, page, record in
                let before = record.batch?.summary
                let settled = BatchMachine.settle(standing, in: page, of: &record)
                record.batch?.summary = before
                return settled
            }
        }
    }

    @Test func findsSelectedTasksThatAreNotCounted() async throws {
        try await expectFound(.batchAddsUp) { batch in
            batch.select = { listing, named, record in
                let before = record.batch?.summary
                let page = BatchMachine.select(listing, named: named, of: &record)
                record.batch?.summary = before
                return page
            }
        }
    }

    // MARK: - Items are true

    @Test func findsAWithdrawnStopThatIsToldAsStopped() async throws {
        try await expectFound(.batchItemsAreTrue) { batch in
            batch.follow = { item, stop, status in
                var item = BatchMachine.follow(item, stop, status)
                if item.result == .withdrawn { item.result = .stopped }
                return item
            }
        }
    }

    @Test func findsADrainThatIsToldWhereThereWasNone() async throws {
        try await expectFound(.batchItemsAreTrue) { batch in
            batch.follow = { item, stop, status in
                var item = BatchMachine.follow(item, stop, status)
                if item.result == .stopped { item.drained = true }
                return item
            }
        }
    }

    /// Some stops of a group stand without the page that tells of them. One that the batch took up from somebody else is not known
    /// as the batch's own when the group is decided again.
    @Test func findsAGroupThatIsWrittenBitByBit() async throws {
        try await expectFound(.batchItemsAreTrue) { $0.writesGroupsWhole = false }
    }

    // MARK: - Each task has one item

    @Test func findsAPageThatIsLeftBeforeItIsDecided() async throws {
        try await expectFound(.batchLosesNoItem) { batch in
            batch.accept = { page, basis in
                var group = BatchMachine.accept(page, basis)
                group.record.openPage = page.index + 1
                BatchMachine.conclude(&group.record, inProgress: basis.inProgress, nowMs: basis.nowMs)
                return group
            }
        }
    }

    @Test func findsASelectorThatNamesATaskAgain() async throws {
        try await expectFound(.batchLosesNoItem) { batch in
            batch.select = { listing, _, record in BatchMachine.select(listing, named: [], of: &record) }
        }
    }

    @Test func findsASelectorThatSkipsAPartOfTheListing() async throws {
        try await expectFound(.batchLosesNoItem) { batch in
            batch.select = { listing, named, record in
                var part = listing
                if part.states.count > 1 { part.states.removeLast() }
                return BatchMachine.select(part, named: named, of: &record)
            }
        }
    }

    @Test func findsItemsThatAreDroppedWhenABatchIsGivenUp() async throws {
        try await expectFound(.batchLosesNoItem) { batch in
            batch.giveUp = { pages, basis, why in
                var group = BatchMachine.giveUp(pages, basis, why)
                for index in group.pages.indices { group.pages[index].items.removeAll { $0.result == .notAttempted } }
                return group
            }
        }
    }

    @Test func findsABatchThatIsOverBeforeItsStopsAre() async throws {
        try await expectFound(.batchLosesNoItem) { batch in
            batch.findsOpenStops = false
        }
    }

    // MARK: - The limit

    @Test func findsALimitThatIsNotKeptWithinAGroup() async throws {
        try await expectFound(.batchKeepsItsLimit) { batch in
            batch.accept = { page, basis in
                var unlimited = basis
                unlimited.record.batch?.terms?.maxParallel = 0
                var group = BatchMachine.accept(page, unlimited)
                group.record.batch?.terms = basis.record.batch?.terms
                return group
            }
        }
    }

    @Test func findsALimitThatARestartForgets() async throws {
        try await expectFound(.batchKeepsItsLimit) { $0.findsOpenStops = false }
    }

    // MARK: - All or none

    @Test func findsAnIllegalTaskAmongThoseAcceptedWhole() async throws {
        try await expectFound(.batchIsAllOrNone) { batch in
            batch.acceptWhole = { pages, basis in
                var all = BatchGroup(record: basis.record, pages: pages)
                for (index, page) in pages.enumerated() {
                    var unlimited = basis
                    unlimited.record = all.record
                    let group = BatchMachine.accept(page, unlimited)
                    all.record = group.record
                    all.pages[index] = group.pages[0]
                    all.changes += group.changes
                }
                return all
            }
        }
    }

    @Test func findsABatchWhoseStopsStandWithoutIt() async throws {
        try await expectFound(.batchIsAllOrNone) { $0.writesWhole = false }
    }

    // MARK: - No more after the end

    @Test func findsACancelThatIsOverlooked() async throws {
        try await expectFound(.endedBatchAcceptsNoMore) { batch in
            batch.ending = { batch, failures in
                var batch = batch
                batch.cancelled = false
                return BatchMachine.ending(batch, failures: failures)
            }
        }
    }

    @Test func findsFailuresThatAreNotCounted() async throws {
        try await expectFound(.endedBatchAcceptsNoMore) { batch in
            batch.ending = { batch, _ in BatchMachine.ending(batch, failures: 0) }
        }
    }

    @Test func findsAWriteThatOverlooksACancel() async throws {
        try await expectFound(.endedBatchAcceptsNoMore) { $0.expectedRevision = { _ in nil } }
    }

    @Test func findsACancelThatCallsNothingOff() async throws {
        var core = SimulatedCore()
        let right = core.cancel
        core.cancel = { stopID, state, nowMs in
            // A stop that a batch made cannot be called off.
            if state.stop?.batchId.isEmpty == false { throw Refusal(.notStopping, "") }
            return try right(stopID, state, nowMs)
        }
        let breach = try await StopSimulationTests.firstBreach(
            core, from: 1, schedules: 600, of: .endedBatchAcceptsNoMore)
        #expect(breach != nil)
    }

    // MARK: - Requests repeat

    @Test func findsARequestThatMakesASecondBatch() async throws {
        try await expectFound(.batchRequestsRepeat) { $0.batchID = { _, fresh in fresh } }
    }

    @Test func findsABatchThatIsWrittenOver() async throws {
        try await expectFound(.batchRequestsRepeat) { $0.expectedRevision = { _ in nil } }
    }

    // MARK: - Every batch ends

    @Test func findsABatchThatARestartForgets() async throws {
        try await expectFound(.everyBatchEnds) { $0.takesUp = { $0.batch?.state != .running } }
    }

    @Test func findsABatchThatIsNeverOver() async throws {
        try await expectFound(.everyBatchEnds) { batch in
            batch.conclude = { record, inProgress, nowMs in
                BatchMachine.conclude(&record, inProgress: max(1, inProgress), nowMs: nowMs)
            }
        }
    }

    @Test func findsEndingsThatAreNotTakenIn() async throws {
        try await expectFound(.everyBatchEnds) { batch in
            batch.settle = { standing, page, record in
                BatchMachine.settle(standing.filter { $0.result != .withdrawn }, in: page, of: &record)
            }
        }
    }
}

extension BatchMachine {
    fileprivate static func accept(_ page: BatchPage, _ basis: SimulatedBatchCore.Basis) -> BatchGroup {
        SimulatedBatchCore().accept(page, basis)
    }

    fileprivate static func giveUp(
        _ pages: [BatchPage], _ basis: SimulatedBatchCore.Basis, _ why: ErrorInfo
    ) -> BatchGroup {
        SimulatedBatchCore().giveUp(pages, basis, why)
    }
}
