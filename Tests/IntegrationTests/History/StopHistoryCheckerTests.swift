import CutoverClient
import Testing

/// The checker itself: a right history passes, and each way of being wrong is found.
@Suite struct StopHistoryCheckerTests {
    /// Two clients stop one task; the first wins, the other is told so, and the winner asks again.
    static let right = StopHistoryChecker(
        operations: [
            StopOperation(
                client: 1, requestID: "a", fingerprint: "x", taskID: "t", invokedAt: 1, returnedAt: 2, result: .stopped,
                stopID: "s", receiptSequence: 1, receiptHash: [1]),
            StopOperation(
                client: 2, requestID: "b", fingerprint: "x", taskID: "t", invokedAt: 3, returnedAt: 4,
                result: .alreadyStopped, stopID: "s", receiptSequence: 1, receiptHash: [1]),
            StopOperation(
                client: 1, requestID: "a", fingerprint: "x", taskID: "t", invokedAt: 5, returnedAt: 6, result: .stopped,
                stopID: "s", receiptSequence: 1, receiptHash: [1]),
        ],
        audit: [AuditRecord(sequence: 1, hash: [1])],
        final: ["t": Stop(id: "s", taskId: "t", requestId: "a", phase: .stopped)])

    @Test func aRightHistoryPasses() {
        #expect(Self.right.violations().isEmpty)
        var lost = Self.right
        lost.operations[0].returnedAt = nil
        lost.operations[0].result = nil
        #expect(lost.violations().isEmpty, "an answer may be lost")
    }

    @Test(arguments: [
        "two winners", "another stop", "winner told late", "not ended", "ended too early", "nobody sent it",
        "two outcomes of a request", "two contents of a request", "two receipts", "hash", "gap", "missing record",
        "rejected",
    ])
    func eachWrongIsFound(_ wrong: String) {
        var history = Self.right
        switch wrong {
        case "two winners": history.operations[1].result = .stopped
        case "another stop": history.operations[1].stopID = "s2"
        case "winner told late": history.operations[2].result = .alreadyStopped
        case "not ended": history.final["t"]?.phase = .draining
        case "ended too early":
            history.operations[1].invokedAt = 0
            history.operations[1].returnedAt = 0
        case "nobody sent it": history.operations.removeAll { $0.requestID == "a" }
        case "two outcomes of a request": history.operations[2].stopID = "s2"
        case "two contents of a request": history.operations[2].fingerprint = "y"
        case "two receipts": history.operations[2].receiptSequence = 2
        case "hash": history.audit[0].hash = [2]
        case "gap": history.audit[0].sequence = 2
        case "missing record": history.audit = []
        default: history.operations[1].result = .rejected
        }
        #expect(!history.violations().isEmpty)
    }
}
