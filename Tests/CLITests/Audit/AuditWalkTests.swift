import CutoverModel
import Testing

@testable import cutover
import TestRandom

@Suite struct AuditWalkTests {
    private let log = AuditFixtures.log(9)
    private var head: AuditHead { AuditFixtures.head(log) }

    /// Computed by another implementation of SHA-256 from the definition in `stop.proto`.
    @Test func theHashIsThatOfTheDefinition() {
        let record = AuditRecord(
            sequence: 1, previousHash: AuditRecord.originHash, kind: .stopped, finalStatus: .stopped, stop: [1, 2, 3])
        #expect(
            ReceiptRenderer.hex(record.computedHash())
                == "65abd3cad82fe27216abd26507f3376d1d897b3cf38da6c284015113d903b0ba")
    }

    @Test(arguments: [0, 1, 9] as [UInt64])
    func aGoodLogIsGood(count: UInt64) {
        let log = AuditFixtures.log(count)
        var walk = AuditWalk()
        for record in log { walk.take(ReadAuditEvent(record: record)) }
        walk.take(ReadAuditEvent(head: AuditFixtures.head(log)))
        let report = AuditReport(walk)
        #expect(report.isGood)
        #expect(report.records == count)
        #expect(report.end == AuditFixtures.head(log))
        #expect(report.commandStatus == .ok)
    }

    @Test func aChangedRecordIsNamed() {
        for change in [
            { $0.stop[10] ^= 1 }, { $0.kind = .withdrawn }, { $0.finalStatus = .completed }, { $0.hash[0] ^= 1 },
            { $0.stop = [] }, { $0.hash = [] },
        ] as [(inout AuditRecord) -> Void] {
            var changed = log
            change(&changed[3])
            #expect(AuditFixtures.findings(changed, head: head).contains(.changed(sequence: 4)))
        }
        var link = log
        link[3].previousHash[5] ^= 1
        #expect(AuditFixtures.findings(link, head: head) == [.relinked(sequence: 4)])
    }

    /// Whoever changes a record and its hash breaks the link of the next one.
    @Test func aRehashedRecordIsNotContinued() {
        var changed = log
        changed[3].stop[10] ^= 1
        changed[3].hash = changed[3].computedHash()
        #expect(AuditFixtures.findings(changed, head: head) == [.unchained(sequence: 5, after: 4)])
    }

    /// The last record has none after it: the head finds it.
    @Test func aRehashedLastRecordIsNotTheHead() {
        var changed = log
        changed[8].stop[10] ^= 1
        changed[8].hash = changed[8].computedHash()
        #expect(AuditFixtures.findings(changed, head: head) == [.headDiffers(sequence: 9)])
    }

    /// Bytes moved from the stop to the hash before it leave the hash as it was.
    @Test func aMovedBoundaryIsAChange() {
        var moved = log
        moved[3].previousHash.append(moved[3].stop.removeFirst())
        #expect(moved[3].computedHash() == moved[3].hash)
        #expect(AuditFixtures.findings(moved, head: head).contains(.changed(sequence: 4)))
    }

    @Test func missingRecordsAreNamed() {
        #expect(AuditFixtures.findings(Array(log.dropFirst()), head: head) == [.missing(1...1)])
        #expect(AuditFixtures.findings(log.filter { !(4...6).contains($0.sequence) }, head: head) == [.missing(4...6)])
        #expect(
            AuditFixtures.findings(log.filter { ![2, 5].contains($0.sequence) }, head: head)
                == [.missing(2...2), .missing(5...5)])
        #expect(AuditFixtures.findings(Array(log.dropLast(2)), head: head) == [.missingAtEnd(8...9)])
        #expect(AuditFixtures.findings([], head: head) == [.missingAtEnd(1...9)])
        #expect(AuditFixtures.findings(log, head: nil) == [.headMissing])
    }

    @Test func aGapThatWasClosedByRenumberingIsNamed() {
        var closed = log.filter { $0.sequence != 4 }
        for index in 3..<closed.count { closed[index].sequence -= 1 }
        #expect(
            AuditFixtures.findings(closed, head: head)
                == (4...8).map { .renumbered(sequence: $0, from: $0 + 1) } + [.missingAtEnd(9...9)])
        // With hashes anew the first link after the gap is another one.
        for index in 3..<closed.count { closed[index].hash = closed[index].computedHash() }
        #expect(
            AuditFixtures.findings(closed, head: AuditFixtures.head(closed)).first == .unchained(sequence: 4, after: 3))
    }

    @Test func reorderedRecordsAreNamed() {
        var swapped = log
        swapped.swapAt(3, 4)
        #expect(AuditFixtures.findings(swapped, head: head) == [.outOfOrder(sequence: 4, after: 5)])
        let moved = Array(log[0..<2] + log[4..<7] + log[2..<4] + log[7...])
        #expect(AuditFixtures.findings(moved, head: head) == [.outOfOrder(sequence: 3, after: 7)])
        #expect(AuditFixtures.findings(log + [log[4]], head: head) == [.repeated(sequence: 5)])
    }

    @Test func theHeadMustBeTheLastRecord() {
        var other = head
        other.hash[0] ^= 1
        #expect(AuditFixtures.findings(log, head: other) == [.headDiffers(sequence: 9)])
        #expect(
            AuditFixtures.findings(log, head: AuditFixtures.head(Array(log.prefix(7))))
                == [.beyondHead(last: 9, head: 7)])
        var walk = AuditWalk()
        walk.take(ReadAuditEvent(head: AuditHead()))
        walk.take(ReadAuditEvent(head: AuditHead()))
        #expect(walk.findings() == [.headRepeated])
    }

    /// Nothing within a log that was written anew, with all its hashes, tells of it.
    @Test func aLogWrittenAnewIsFoundByAHeadNotedElsewhere() {
        let noted = AuditFixtures.head(Array(log.prefix(5)))
        #expect(AuditFixtures.findings(log, head: head, noted: noted).isEmpty)
        var stops = (1...9).map { AuditFixtures.stop($0) }
        stops[1].actor = "mallory"
        let rewritten = AuditFixtures.chain(stops)
        let rewrittenHead = AuditFixtures.head(rewritten)
        #expect(AuditFixtures.findings(rewritten, head: rewrittenHead).isEmpty)
        #expect(
            AuditFixtures.findings(rewritten, head: rewrittenHead, noted: noted) == [.notAsNoted(sequence: 5)])
        let cut = Array(log.prefix(3))
        #expect(
            AuditFixtures.findings(cut, head: AuditFixtures.head(cut), noted: noted)
                == [.endsBeforeNoted(last: 3, noted: 5)])
        #expect(AuditFixtures.findings([], head: AuditHead(), noted: AuditHead()).isEmpty)
    }

    /// Numbers at the ends of their range neither trap nor pass.
    @Test(arguments: [0, .max] as [UInt64])
    func extremeNumbersAreFindings(sequence: UInt64) {
        var record = AuditRecord(sequence: sequence, previousHash: AuditRecord.originHash, kind: .stopped)
        record.hash = record.computedHash()
        let findings = AuditFixtures.findings(
            [record, record, log[0]], head: AuditHead(sequence: .max, hash: record.hash),
            noted: AuditHead(sequence: .max))
        #expect(!findings.isEmpty)
        #expect(findings.allSatisfy { !$0.text.isEmpty })
    }

    @Test func whatIsKeptIsBounded() {
        var walk = AuditWalk()
        for sequence in 1...1000 {
            walk.take(ReadAuditEvent(record: AuditRecord(sequence: UInt64(sequence) * 2)))
        }
        let report = AuditReport(walk)
        #expect(report.isTruncated && !report.isGood)
        #expect(report.findings.count == 2 * AuditWalk.findingLimit + 1)
    }

    /// Whatever single thing is done to a log, it no longer verifies.
    @Test func noSingleChangePasses() {
        let seed = UInt64.random(in: 0 ... .max)
        var random = SplitMix64(seed: seed)
        for round in 0..<2000 {
            var changed = log
            let index = Int.random(in: 0..<changed.count, using: &random)
            let choice = Int.random(in: 0..<10, using: &random)
            switch choice {
            case 0: changed.remove(at: index)
            case 1: changed.swapAt(index, (index + Int.random(in: 1..<changed.count, using: &random)) % changed.count)
            case 2: changed[index].stop[Int.random(in: 0..<changed[index].stop.count, using: &random)] ^= 1
            case 3: changed[index].hash[Int.random(in: 0..<32, using: &random)] ^= 0x80
            case 4: changed[index].previousHash[Int.random(in: 0..<32, using: &random)] ^= 4
            case 5: changed[index].sequence ^= 1 << UInt64.random(in: 0..<64, using: &random)
            case 6: changed[index].kind = .residueFinished
            case 7: changed[index].finalStatus = .incrementalMigration
            case 8: changed.insert(changed[index], at: Int.random(in: 0...changed.count, using: &random))
            default:
                changed[index].stop.append(0)
                changed[index].hash = changed[index].computedHash()
            }
            #expect(
                !AuditFixtures.findings(changed, head: head).isEmpty,
                "seed \(seed), round \(round): change \(choice) of record \(index + 1) was not found")
        }
    }
}
