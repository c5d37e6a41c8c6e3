@testable import CutoverServer
import Testing

@Suite struct WebhookRetryTests {
    @Test func delaysDoubleUpToTenMinutes() {
        let whole = (0...14).map { WebhookRetry.delayMs(afterAttempts: $0, jitter: 1) }
        #expect(
            whole == [
                1_000, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 128_000, 256_000, 512_000, 600_000, 600_000,
                600_000, 600_000,
            ])
        for attempts in [1, 5, 40, .max] as [UInt32] {
            let most = WebhookRetry.delayMs(afterAttempts: attempts, jitter: 1)
            #expect(WebhookRetry.delayMs(afterAttempts: attempts, jitter: 0) == most / 2)
            #expect((most / 2...most).contains(WebhookRetry.delayMs(afterAttempts: attempts, jitter: 0.5)))
        }
    }
}
