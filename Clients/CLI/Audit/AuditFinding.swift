/// One thing that is wrong with an audit log.
enum AuditFinding: Sendable, Hashable {
    /// The record's content does not give its hash: something in it was changed.
    case changed(sequence: UInt64)
    /// The hash is that of another number: the record was given a new one.
    case renumbered(sequence: UInt64, from: UInt64)
    /// The hash is that of another predecessor: only the link was changed.
    case relinked(sequence: UInt64)
    /// The record is whole in itself, but it does not continue the one before it: that one was replaced, or this one.
    case unchained(sequence: UInt64, after: UInt64)
    /// Records are not there.
    case missing(ClosedRange<UInt64>)
    /// The record stands after one that it precedes.
    case outOfOrder(sequence: UInt64, after: UInt64)
    /// There is a second record with this number.
    case repeated(sequence: UInt64)
    /// The log ends before its head.
    case missingAtEnd(ClosedRange<UInt64>)
    /// The log goes on after its head.
    case beyondHead(last: UInt64, head: UInt64)
    /// The head is of another record than the last.
    case headDiffers(sequence: UInt64)
    /// There is no head: whether records are missing at the end cannot be told.
    case headMissing
    /// The record that was noted elsewhere is not the one that stands there now.
    case notAsNoted(sequence: UInt64)
    /// The log ends before the record that was noted elsewhere.
    case endsBeforeNoted(last: UInt64, noted: UInt64)

    /// What is wrong, for people. At most one sentence or two.
    var text: String {
        switch self {
        case .changed(let sequence):
            "record \(sequence) was changed: its content does not give its hash"
        case .renumbered(let sequence, let from):
            "record \(sequence) was renumbered: its hash is that of record \(from)"
        case .relinked(let sequence):
            "record \(sequence) was changed: the previous hash in it is not the one that its own hash was made with"
        case .unchained(let sequence, let after):
            "record \(sequence) does not continue record \(after): one of the two was replaced"
        case .missing(let range):
            range.count == 1
                ? "record \(range.lowerBound) is missing" : "records \(range.lowerBound) to \(range.upperBound) are missing"
        case .outOfOrder(let sequence, let after):
            "record \(sequence) stands after record \(after): they were reordered"
        case .repeated(let sequence):
            "there is a second record \(sequence)"
        case .missingAtEnd(let range):
            range.count == 1
                ? "record \(range.lowerBound), the last, is missing"
                : "records \(range.lowerBound) to \(range.upperBound), the last, are missing"
        case .beyondHead(let last, let head):
            "the log goes on to record \(last), but its head is record \(head)"
        case .headDiffers(let sequence):
            "the head has another hash than record \(sequence), the last"
        case .headMissing:
            "the log has no head, so nothing tells whether records are missing at its end"
        case .notAsNoted(let sequence):
            "record \(sequence) is not the one that --head names: the log was rewritten up to there or further"
        case .endsBeforeNoted(let last, let noted):
            last == 0
                ? "the log is empty, but --head names record \(noted)"
                : "the log ends with record \(last), but --head names record \(noted)"
        }
    }
}
