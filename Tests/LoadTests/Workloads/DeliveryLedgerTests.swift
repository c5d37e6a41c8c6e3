import CutoverClient
import Testing

@testable import cutover_load

@Suite struct DeliveryLedgerTests {
    private func change(_ id: String, _ from: TaskStatus, _ to: TaskStatus) -> TaskEvent {
        TaskEvent(taskId: id, from: from, to: to)
    }

    @Test func eachStopCountsOnceForEachWatcher() {
        var ledger = DeliveryLedger()
        ledger.begin("a", intendedNs: 7)
        ledger.expect(2)
        #expect(ledger.missing == 2)
        #expect(ledger.take(change("a", .incrementalMigration, .stopping)) == 7)
        #expect(ledger.take(change("a", .stopping, .stopped)) == nil)
        #expect(ledger.missing == 1)
        #expect(ledger.take(change("a", .incrementalMigration, .stopping)) == 7)
        #expect(ledger.missing == 0)
    }

    @Test func aWatcherMayBeToldBeforeTheCallIsAnswered() {
        var ledger = DeliveryLedger()
        ledger.begin("a", intendedNs: 7)
        #expect(ledger.take(change("a", .configuration, .stopped)) == 7)
        #expect(ledger.missing == 0)
        ledger.expect(1)
        #expect(ledger.missing == 0)
    }

    @Test func otherTasksDoNotCount() {
        var ledger = DeliveryLedger()
        ledger.expect(1)
        #expect(ledger.take(change("b", .configuration, .stopped)) == nil)
        #expect(ledger.missing == 1)
    }
}
