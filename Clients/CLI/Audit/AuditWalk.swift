import CutoverModel

/// Walks an audit log record by record and says what is wrong with it. A pure value of bounded size, whatever the log's.
///
/// A record is judged by itself (does its content give its hash?) and by the one before it (does it continue that?). Walking
/// goes on after a finding, from the record that is there. Whoever can write to the log can also compute all its hashes anew:
/// that only a head shows which was noted elsewhere.
struct AuditWalk: Sendable {
    /// A record that was noted elsewhere, to be found again.
    var noted: AuditHead?
    /// Records seen.
    private(set) var records: UInt64 = 0
    /// The highest record seen, by its number: the log's end when nothing is out of order.
    private(set) var end = AuditHead(sequence: 0, hash: AuditRecord.originHash)
    /// The record before the next one.
    private var last = AuditHead(sequence: 0, hash: AuditRecord.originHash)
    /// Gaps that may still be filled by a record that stands too late.
    private var gaps: [ClosedRange<UInt64>] = []
    private var others: [AuditFinding] = []
    /// More was found than is kept.
    private(set) var isTruncated = false
    private var head: AuditHead?
    private var notedWasFound = false

    /// The most findings that are kept.
    static let findingLimit = 100

    init(noted: AuditHead? = nil) {
        self.noted = noted
    }

    mutating func take(_ event: ReadAuditEvent) {
        if let record = event.record { take(record) }
        if let head = event.head { self.head = head }
    }

    private mutating func take(_ record: AuditRecord) {
        records += 1
        defer {
            last = AuditHead(sequence: record.sequence, hash: record.hash)
            if record.sequence > end.sequence { end = last }
        }
        let expected = last.sequence &+ 1
        let isWhole = record.computedHash() == record.hash
        if !isWhole { find(flaw(in: record, expected: expected)) }
        if let noted, noted.sequence == record.sequence {
            notedWasFound = true
            // Only a record that gives its hash vouches for it.
            if noted.hash != record.hash || !isWhole { find(.notAsNoted(sequence: record.sequence)) }
        }
        if record.sequence == expected {
            if record.previousHash != last.hash, isWhole {
                find(.unchained(sequence: record.sequence, after: last.sequence))
            }
        } else if record.sequence > expected, record.sequence > end.sequence {
            addGap(end.sequence &+ 1...record.sequence - 1)
        } else if fillGap(record.sequence) {
            find(.outOfOrder(sequence: record.sequence, after: last.sequence))
        } else if record.sequence <= end.sequence {
            // Going on from a record that stood too late is no finding of its own.
            if record.sequence < expected || record.sequence == last.sequence {
                find(.repeated(sequence: record.sequence))
            }
        }
    }

    /// What of the record was changed, as far as its hash tells.
    private func flaw(in record: AuditRecord, expected: UInt64) -> AuditFinding {
        if record.sequence != expected, record.computedHash(sequence: expected) == record.hash {
            return .renumbered(sequence: record.sequence, from: expected)
        }
        if record.previousHash != last.hash, record.computedHash(previousHash: last.hash) == record.hash {
            return .relinked(sequence: record.sequence)
        }
        return .changed(sequence: record.sequence)
    }

    private mutating func addGap(_ gap: ClosedRange<UInt64>) {
        guard gaps.count < Self.findingLimit else {
            isTruncated = true
            return
        }
        gaps.append(gap)
    }

    /// Takes a record out of the gap that it was missing from.
    private mutating func fillGap(_ sequence: UInt64) -> Bool {
        guard let index = gaps.firstIndex(where: { $0.contains(sequence) }) else { return false }
        let gap = gaps.remove(at: index)
        if sequence < gap.upperBound { gaps.insert(sequence + 1...gap.upperBound, at: index) }
        if gap.lowerBound < sequence { gaps.insert(gap.lowerBound...sequence - 1, at: index) }
        return true
    }

    private mutating func find(_ finding: AuditFinding) {
        guard others.count < Self.findingLimit else {
            isTruncated = true
            return
        }
        others.append(finding)
    }

    /// Everything that is wrong, once the log was walked to its end; empty for a good log.
    func findings() -> [AuditFinding] {
        var findings = gaps.map { AuditFinding.missing($0) } + others
        if let head {
            if head.sequence > end.sequence {
                findings.append(.missingAtEnd(end.sequence + 1...head.sequence))
            } else if head.sequence < end.sequence {
                findings.append(.beyondHead(last: end.sequence, head: head.sequence))
            } else if head.sequence > 0, head.hash != end.hash {
                findings.append(.headDiffers(sequence: head.sequence))
            }
        } else {
            findings.append(.headMissing)
        }
        if let noted, noted.sequence > 0, !notedWasFound, noted.sequence > end.sequence {
            findings.append(.endsBeforeNoted(last: end.sequence, noted: noted.sequence))
        }
        return findings
    }
}
