import CutoverModel
import CutoverServices

extension CutoverClient {
    var audit: AuditServiceClient { AuditServiceClient(client: rpc) }

    /// The records of the audit log after this one, in their order, then the head that the store keeps apart from them.
    ///
    /// The chain is not verified: each record has what is needed for it, see ``AuditRecord``. Iterating throws
    /// `permissionDenied` when the caller may not read the log.
    ///
    /// - Parameter afterSequence: Records after this one; 0 means all.
    public func readAudit(afterSequence: UInt64 = 0) -> AuditReading {
        AuditReading(client: self, afterSequence: afterSequence)
    }
}
