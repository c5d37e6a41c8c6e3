public import CutoverModel
import CutoverServices

/// The records of the audit log in their order, then its head.
///
/// It ends after the head. A lost connection is made anew, and the reading goes on after the last record delivered. It
/// throws `cancelled` when the iterating task is cancelled: a log that was not read to its head is not whole.
public struct AuditReading: AsyncSequence, Sendable {
    public typealias Element = ReadAuditEvent
    public typealias Failure = CutoverError

    let client: CutoverClient
    let afterSequence: UInt64

    public func makeAsyncIterator() -> Iterator {
        Iterator(ResumingIterator(client: client, progress: AuditProgress(afterSequence: afterSequence)))
    }

    /// Delivers one record after another.
    public struct Iterator: AsyncIteratorProtocol {
        private var base: ResumingIterator<AuditProgress>

        init(_ base: ResumingIterator<AuditProgress>) {
            self.base = base
        }

        public mutating func next(
            isolation actor: isolated (any Actor)? = #isolation
        ) async throws(CutoverError) -> ReadAuditEvent? {
            try await base.next(isolation: actor)
        }
    }
}

/// What of the audit log has been delivered. A pure value.
struct AuditProgress: StreamProgress, Hashable {
    /// The sequence number of the last record delivered.
    private(set) var afterSequence: UInt64
    /// The head was delivered.
    private(set) var isComplete = false

    static let streamName = "the reading of the audit log"

    init(afterSequence: UInt64) {
        self.afterSequence = afterSequence
    }

    /// Everything is delivered, also a record that is out of its order: whoever verifies the log must see it.
    mutating func take(_ event: ReadAuditEvent) -> Bool {
        if let record = event.record { afterSequence = max(afterSequence, record.sequence) }
        if event.head != nil { isComplete = true }
        return true
    }

    func open(_ client: CutoverClient) -> RPCMessageSequence<ReadAuditEvent> {
        client.audit.readAudit(ReadAuditRequest(afterSequence: afterSequence))
    }
}
