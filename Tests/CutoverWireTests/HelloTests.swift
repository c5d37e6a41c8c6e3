import NIOCore
import Testing

@testable import CutoverWire

@Suite struct HelloTests {
    private func body(_ hex: String) -> ByteBuffer { ByteBuffer(hex: hex) }

    @Test func everySettingSurvives() throws {
        var hello = Hello()
        hello.maxFrameBytes = 1 << 20
        hello.maxInFlight = 1024
        hello.streamCreditBytes = 4096
        hello.features = 3
        hello.credentials = [1, 2, 3]
        hello.agent = "test/1"
        hello.minPingMs = 10
        hello.idleMs = 20
        hello.instanceID = Array(0..<16)
        hello.schemaHash = 77
        hello.majorVersions = 1...2
        var buffer = ByteBuffer()
        hello.writeFrame(to: &buffer)
        let header = try #require(FrameHeader(peeking: buffer))
        #expect(header.violation(from: .client, maxFrameBytes: WireLimits.maxHelloBytes) == nil)
        buffer.moveReaderIndex(forwardBy: WireLimits.headerBytes)
        #expect(try Hello(decoding: buffer) == hello)
    }

    @Test func unknownSettingsAreSkippedUnlessTheyAreAMust() throws {
        #expect(try Hello(decoding: body("0063 0002 FFFF")) == Hello())
        let violation = #expect(throws: WireViolation.self) { try Hello(decoding: body("8063 0000")) }
        #expect(violation?.reason == .unsupported)
    }

    @Test(arguments: [
        "0001 0004 0000FFFF", "0001 0003 000000", "0002 0002 000F", "0009 0001 00", "0001", "0006 0005 41",
        "0007 0004 00000001 0007 0004 00000001", "000B 0002 0201",
    ]) func faultySettingsAreViolations(hex: String) {
        let violation = #expect(throws: WireViolation.self) { try Hello(decoding: body(hex)) }
        #expect(violation?.reason == .protocolError)
    }
}
