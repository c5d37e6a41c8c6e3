import Testing

@testable import CutoverClient

@Suite struct ReconnectBackoffTests {
    @Test func waitsDoubleUpToALimitInAll() {
        var backoff = ReconnectBackoff(limitMs: 1_000)
        let waits = (0..<6).map { _ in backoff.next(hintMs: nil, jitter: 1) }
        #expect(waits == [100, 200, 400, 300, nil, nil])
        backoff.reset()
        #expect(backoff.next(hintMs: nil, jitter: 0) == 50)
    }

    @Test func theServersHintIsTheLeast() {
        var backoff = ReconnectBackoff(limitMs: 60_000)
        #expect(backoff.next(hintMs: 2_000, jitter: 0.5) == 2_000)
    }

    @Test func noWaitExceedsTheLongest() {
        var backoff = ReconnectBackoff(limitMs: .max)
        let waits = (0..<20).compactMap { _ in backoff.next(hintMs: nil, jitter: 1) }
        #expect(waits.max() == ReconnectBackoff.longestMs)
    }
}
