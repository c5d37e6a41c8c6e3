import Synchronization
import Testing

@testable import CutoverServer

@Suite struct JobSlotsTests {
    private final class Counter: Sendable {
        private let state = Mutex((now: 0, most: 0, ended: 0))

        func begin() {
            state.withLock {
                $0.now += 1
                $0.most = max($0.most, $0.now)
            }
        }

        func end() {
            state.withLock {
                $0.now -= 1
                $0.ended += 1
            }
        }

        var seen: (now: Int, most: Int, ended: Int) { state.withLock { $0 } }
    }

    @Test func neverMoreThanTheLimitAndAllInTheEnd() async throws {
        let slots = JobSlots(limit: 3)
        let counter = Counter()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<50 {
                group.addTask {
                    try await slots.run {
                        counter.begin()
                        for _ in 0..<10 { await Task.yield() }
                        counter.end()
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(counter.seen.now == 0 && counter.seen.ended == 50)
        #expect(counter.seen.most <= 3)
    }

    @Test func cancellationEndsTheWaitAndLosesNoSlot() async throws {
        let slots = JobSlots(limit: 1)
        let (gate, open) = AsyncStream<Void>.makeStream()
        let holder = Task {
            try await slots.run { for await _ in gate { break } }
        }
        let waiters = (0..<20).map { _ in Task { try await slots.run {} } }
        for _ in 0..<100 { await Task.yield() }
        for waiter in waiters { waiter.cancel() }
        for waiter in waiters {
            // One that was first in the queue before the holder began may have run; none may hang.
            _ = await waiter.result
        }
        open.yield()
        try await holder.value
        try await slots.run {}
    }

    @Test func aFailedJobGivesItsSlotBack() async throws {
        struct Failed: Error {}
        let slots = JobSlots(limit: 1)
        await #expect(throws: Failed.self) { try await slots.run { throw Failed() } }
        try await slots.run {}
    }
}
