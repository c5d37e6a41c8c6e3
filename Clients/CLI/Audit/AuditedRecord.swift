import CutoverModel
import CutoverProto

/// A record of the audit log with its stop decoded, to be shown. What is shown is not verified.
struct AuditedRecord: Sendable, Hashable {
    /// Without a stop when that could not be decoded.
    var receipt: Receipt

    init(_ record: AuditRecord) {
        receipt = Receipt(
            stop: try? Stop(protoBytes: record.stop), sequence: record.sequence, previousHash: record.previousHash,
            hash: record.hash, finalStatus: record.finalStatus, kind: record.kind)
    }

    var isReadable: Bool { receipt.stop != nil }
}
