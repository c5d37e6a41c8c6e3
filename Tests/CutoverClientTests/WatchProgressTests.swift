import CutoverModel
import Testing

@testable import CutoverClient

@Suite struct WatchProgressTests {
    private func change(_ revision: UInt64, _ index: UInt32 = 0) -> WatchEvent {
        WatchEvent(revision: revision, event: TaskEvent(revision: revision, index: index), kind: .change)
    }

    private func progress(after revision: UInt64 = 0, _ events: [WatchEvent]) -> WatchProgress {
        var progress = WatchProgress(WatchTasksRequest(afterRevision: revision))
        let taken = events.map { progress.take($0) }
        #expect(taken.allSatisfy { $0 })
        return progress
    }

    private let listing = [WatchEvent(revision: 40, kind: .present), WatchEvent(revision: 40, kind: .presentEnd)]

    @Test func aWholeListingIsFollowedByItsChanges() {
        var progress = progress(listing)
        #expect(progress.nextRequest.afterRevision == 40)
        let lost = progress.reconnect()
        #expect(lost == nil)
        let taken = [change(40), change(41)].map { progress.take($0) }
        #expect(taken == [false, true])
        #expect(progress.nextRequest.afterRevision == 40)
    }

    /// A task that was deleted between two listings is in neither the second one nor any change that follows.
    @Test func aListingThatBrokeOffBeginsAnewAndSaysSo() {
        var progress = progress([listing[0]])
        let told = [progress.reconnect(), progress.reconnect()].map { $0?.kind }
        #expect(told == [.relist, nil])
        #expect(progress.nextRequest.afterRevision == 0)
    }

    @Test func aRelistForgetsThePlace() {
        let relist = [change(18), WatchEvent(kind: .relist)]
        #expect(progress(after: 17, relist).nextRequest.afterRevision == 0)
        #expect(progress(after: 17, relist + listing).nextRequest.afterRevision == 40)
        // A store that was put back from a copy counts from less than the revision that was asked for.
        let restored = progress(after: 90, [WatchEvent(kind: .relist)] + listing)
        #expect(restored.nextRequest.afterRevision == 40)
    }

    @Test func progressIsAlwaysDelivered() {
        let progress = progress(after: 5, [change(7), WatchEvent(kind: .progress)])
        #expect(progress.nextRequest.afterRevision == 6)
    }
}
