import CutoverModel
import Testing

@testable import cutover

@Suite struct WatchPlaceTests {
    /// Whoever goes on from a revision must have seen everything up to it.
    @Test func aListingCountsOnceItIsWhole() {
        let place = WatchPlace(revision: 17)
        let task = Fixtures.following
        func take(_ event: WatchEvent) -> UInt64 {
            place.take(event)
            return place.revision
        }
        #expect(take(WatchEvent(revision: 18, event: TaskEvent(revision: 18), task: task, kind: .change)) == 18)
        #expect(take(WatchEvent(revision: 40, kind: .relist)) == 18)
        #expect(take(WatchEvent(revision: 40, task: task, kind: .present)) == 18)
        #expect(take(WatchEvent(revision: 41, task: task, kind: .progress)) == 18)
        #expect(take(WatchEvent(revision: 40, kind: .presentEnd)) == 40)
        #expect(take(WatchEvent(revision: 41, event: TaskEvent(revision: 41, batchId: "b"), kind: .change)) == 41)
    }
}
