import NIOCore
import Testing

@testable import CutoverWire

@Suite struct WireValuesTests {
    @Test func methodHashesAreFNV1a() {
        // From the test vectors of the FNV reference.
        #expect(MethodID.hash(of: "") == 0x811C_9DC5)
        #expect(MethodID.hash(of: "a") == 0xE40C_292C)
        #expect(MethodID.hash(of: "foobar") == 0xBF9C_F968)
    }

    @Test func creditGoesBelowZeroByOneFrame() {
        var credit = StreamCredit(initial: 100)
        expectSame(credit.take(itemLength: 1), true)
        #expect(credit.balance == 36)
        expectSame(credit.take(itemLength: 1_000), true)
        expectSame(credit.take(itemLength: 1), false)
        expectSame(credit.add(965), true)
        #expect(credit.balance == 1)
        expectSame(credit.add(UInt32(Int32.max)), false)
        expectSame(credit.add(UInt32(Int32.max) - 1), true)
    }

    @Test func faultsAreCountedWithinTheirWindow() {
        var window = FaultWindow(limit: 2, windowMs: 100)
        expectSame(window.record(nowMs: 0), false)
        expectSame(window.record(nowMs: 50), false)
        expectSame(window.record(nowMs: 150), false)
        expectSame(window.record(nowMs: 160), false)
        expectSame(window.record(nowMs: 170), true)
    }

    /// Whatever stretch of time is looked at: also one that begins in the middle of the faults.
    @Test func noStretchOfTimeHoldsMoreFaultsThanAllowed() {
        for start in [0, 1, 40, 99] as [Int64] {
            var window = FaultWindow(limit: 100, windowMs: 10_000)
            // One early fault, the others just before the ten seconds since it are over.
            var times: [Int64] = [0] + (0..<99).map { 9_900 + $0 }
            times += (0..<101).map { 10_001 + start + $0 }
            for (index, time) in times.enumerated() {
                let recent = times[0...index].count { time - $0 <= 10_000 }
                expectSame(window.record(nowMs: time), recent > 100)
            }
        }
        var none = FaultWindow(limit: 0, windowMs: 100)
        expectSame(none.record(nowMs: 1), true)
    }

    @Test func prefacesAreToldApart() {
        func parse(_ hex: String) -> Preface.ParseResult {
            var buffer = ByteBuffer(hex: hex)
            return Preface.parse(&buffer)
        }
        #expect(parse("B5525043 01000000") == .accepted)
        #expect(parse("B5525043 01090000") == .accepted)
        #expect(parse("B5525043 02000000") == .otherMajor)
        #expect(parse("B5525043 01000001") == .garbage)
        #expect(parse("B5525043 0100") == .needMoreBytes)
        #expect(parse("B5") == .needMoreBytes)
        #expect(parse("B4") == .garbage)
        #expect(parse("47455420") == .looksLikeHTTP)
        #expect(parse("474554") == .needMoreBytes)
    }

    @Test func limitsStayBetweenFloorAndCeiling() {
        var limits = WireLimits()
        limits.maxFrameBytes = .max
        limits.maxInFlight = 1
        limits.streamCreditBytes = 0
        let clamped = limits.clamped()
        #expect(clamped.maxFrameBytes == WireLimits.maxFrameCeiling)
        #expect(clamped.maxInFlight == 16)
        #expect(clamped.streamCreditBytes == 64)
    }
}
