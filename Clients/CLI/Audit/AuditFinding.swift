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
    /// There is a record with the number 0.
    case unnumbered
    /// A line of an export is no record.
    case unreadable(line: UInt64)
    /// The log ends before its head.
    case missingAtEnd(ClosedRange<UInt64>)
    /// The log goes on after its head.
    case beyondHead(last: UInt64, head: UInt64)
    /// The head is of another record than the last.
    case headDiffers(sequence: UInt64)
    /// There is no head: whether records are missing at the end cannot be told.
    case headMissing
    /// There is more than one head.
    case headRepeated
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
            range.lowerBound == range.upperBound
                ? "record \(range.lowerBound) is missing"
                : "records \(range.lowerBound) to \(range.upperBound) are missing"
        case .outOfOrder(let sequence, let after):
            "record \(sequence) stands after record \(after): they were reordered"
        case .repeated(let sequence):
            "there is a second record \(sequence)"
        case .unnumbered:
            "there is a record with the number 0; records count from 1"
        case .unreadable(let line):
            "line \(line) of the file is no record"
        case .missingAtEnd(let range):
            range.lowerBound == range.upperBound
                ? "record \(range.lowerBound), the last, is missing"
                : "records \(range.lowerBound) to \(range.upperBound), the last, are missing"
        case .beyondHead(let last, let head):
            "the log goes on to record \(last), but its head is record \(head)"
        case .headDiffers(let sequence):
            "the head has another hash than record \(sequence), the last"
        case .headMissing:
            "the log has no head, so nothing tells whether records are missing at its end"
        case .headRepeated:
            "there is more than one head"
        case .notAsNoted(let sequence):
            "record \(sequence) is not the one that --head names: the log was rewritten up to there or further"
        case .endsBeforeNoted(let last, let noted):
            last == 0
                ? "the log is empty, but --head names record \(noted)"
                : "the log ends with record \(last), but --head names record \(noted)"
        }
    }
    /// The finding's stable name for programs, such as `missing_at_end`.
    var name: String {
        switch self {
        case .changed: "changed"
        case .renumbered: "renumbered"
        case .relinked: "relinked"
        case .unchained: "unchained"
        case .missing: "missing"
        case .outOfOrder: "out_of_order"
        case .repeated: "repeated"
        case .unnumbered: "unnumbered"
        case .unreadable: "unreadable"
        case .missingAtEnd: "missing_at_end"
        case .beyondHead: "beyond_head"
        case .headDiffers: "head_differs"
        case .headMissing: "head_missing"
        case .headRepeated: "head_repeated"
        case .notAsNoted: "not_as_noted"
        case .endsBeforeNoted: "ends_before_noted"
        }
    }

    /// The record that it is about, the first of several; nil when it is about none.
    var sequence: UInt64? {
        switch self {
        case .changed(let sequence), .renumbered(let sequence, _), .relinked(let sequence),
            .unchained(let sequence, _), .outOfOrder(let sequence, _), .repeated(let sequence),
            .headDiffers(let sequence), .notAsNoted(let sequence):
            sequence
        case .missing(let range), .missingAtEnd(let range): range.lowerBound
        case .beyondHead(_, let head): head
        case .endsBeforeNoted(_, let noted): noted
        case .unnumbered: 0
        case .unreadable, .headMissing, .headRepeated: nil
        }
    }
}
