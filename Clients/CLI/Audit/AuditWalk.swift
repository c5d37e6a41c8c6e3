import CutoverModel

/// Walks an audit log record by record and says what is wrong with it. A pure value of bounded size, whatever the log's.
///
/// A record is judged by itself (does its content give its hash?) and by the one before it (does it continue that?). The
/// walk goes on after a finding, from the record that is there. Whoever can write to the log can also compute all its
/// hashes anew: only a head that was noted elsewhere shows that.
struct AuditWalk: Sendable {
    /// A record that was noted elsewhere, to be found again.
    let noted: AuditHead?
    /// Records seen.
    private(set) var records: UInt64 = 0
    /// The record with the highest number: where the log ends.
    private(set) var end = AuditHead(hash: AuditRecord.originHash)
    /// More was found than is kept.
    private(set) var isTruncated = false
    /// The record before the next one.
    private var last = AuditHead(hash: AuditRecord.originHash)
    /// Numbers that were passed over: a record that stands too late may still fill them.
    private var gaps: [ClosedRange<UInt64>] = []
    private var flaws: [AuditFinding] = []
    private var head: AuditHead?
    private var notedWasSeen = false

    /// The most findings that are kept, and the most gaps.
    static let findingLimit = 100
    /// How far a number is looked for that a record may have had before.
    private static let renumberingReach: UInt64 = 16
    private static let hashBytes = 32

    init(noted: AuditHead? = nil) {
        self.noted = noted
    }

    mutating func take(_ event: ReadAuditEvent) {
        if let record = event.record { take(record) }
        if let next = event.head {
            if head != nil { find(.headRepeated) }
            head = next
        }
    }

    /// A line of an export was no record.
    mutating func takeUnreadable(line: UInt64) {
        find(.unreadable(line: line))
    }

    private mutating func take(_ record: AuditRecord) {
        records += 1
        let isWhole = Self.isWhole(record)
        if !isWhole { find(flaw(in: record)) }
        if let noted, noted.sequence == record.sequence {
            notedWasSeen = true
            // Only a record that gives its hash vouches for it.
            if noted.hash != record.hash || !isWhole { find(.notAsNoted(sequence: record.sequence)) }
        }
        if isWhole, let previous = [last, end].first(where: { $0.sequence &+ 1 == record.sequence }),
            previous.hash != record.previousHash
        {
            find(.unchained(sequence: record.sequence, after: previous.sequence))
        }
        place(record.sequence)
        last = AuditHead(sequence: record.sequence, hash: record.hash)
        if record.sequence > end.sequence { end = last }
    }

    private static func isWhole(_ record: AuditRecord) -> Bool {
        // Of another length, bytes of the stop could pass for a part of the hash before it.
        record.previousHash.count == hashBytes && record.hash.count == hashBytes && record.computedHash() == record.hash
    }

    /// What of a record was changed, as far as its hash tells.
    private func flaw(in record: AuditRecord) -> AuditFinding {
        let sequence = record.sequence
        if flaws.count < Self.findingLimit {
            for distance in 1...Self.renumberingReach {
                let (lower, isBelow) = sequence.subtractingReportingOverflow(distance)
                for other in isBelow ? [sequence &+ distance] : [lower, sequence &+ distance] {
                    guard record.computedHash(sequence: other) == record.hash else { continue }
                    return .renumbered(sequence: sequence, from: other)
                }
            }
            if record.computedHash(previousHash: last.hash) == record.hash { return .relinked(sequence: sequence) }
        }
        return .changed(sequence: sequence)
    }

    /// Notes where a record stands among the others.
    private mutating func place(_ sequence: UInt64) {
        if sequence == 0 {
            find(.unnumbered)
        } else if sequence > end.sequence {
            if sequence - end.sequence > 1 { addGap(end.sequence + 1...sequence - 1) }
        } else if fillGap(sequence) {
            // Those that follow the first one late stand right after it.
            if sequence != last.sequence &+ 1 { find(.outOfOrder(sequence: sequence, after: last.sequence)) }
        } else {
            find(.repeated(sequence: sequence))
        }
    }

    private mutating func addGap(_ gap: ClosedRange<UInt64>) {
        guard gaps.count < Self.findingLimit else {
            isTruncated = true
            return
        }
        gaps.append(gap)
    }

    /// Takes a number out of the gap that it is in; false when it is in none.
    private mutating func fillGap(_ sequence: UInt64) -> Bool {
        guard let index = gaps.firstIndex(where: { $0.contains(sequence) }) else { return false }
        let gap = gaps.remove(at: index)
        if sequence < gap.upperBound { gaps.insert(sequence + 1...gap.upperBound, at: index) }
        if gap.lowerBound < sequence { gaps.insert(gap.lowerBound...sequence - 1, at: index) }
        return true
    }

    private mutating func find(_ finding: AuditFinding) {
        guard flaws.count < Self.findingLimit else {
            isTruncated = true
            return
        }
        flaws.append(finding)
    }

    /// Everything that is wrong, once the log was walked to its end; empty for a good log.
    func findings() -> [AuditFinding] {
        var findings = gaps.map { AuditFinding.missing($0) } + flaws
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
        if let noted, !notedWasSeen, noted.sequence > end.sequence {
            findings.append(.endsBeforeNoted(last: end.sequence, noted: noted.sequence))
        }
        return findings
    }
}
