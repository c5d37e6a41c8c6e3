import NIOCore
import Testing

@testable import CutoverWire

@Suite struct MetadataTests {
    @Test func entriesSurviveInOrder() throws {
        var metadata = Metadata()
        try metadata.append("traceparent", "00-ab")
        try metadata.append("attempt", [2])
        var buffer = ByteBuffer()
        metadata.write(to: &buffer)
        #expect(buffer.readableBytes == metadata.encodedBytes)
        let decoded = try Metadata(decoding: buffer)
        #expect(decoded == metadata)
        #expect(decoded.firstText("traceparent") == "00-ab")
        #expect(decoded.first("absent") == nil)
    }

    @Test(arguments: [
        ("00 0000", Metadata.Problem.invalidKey), ("01 41 0000", .invalidKey), ("01 61 0002 00", .truncated),
        ("05 61", .truncated), ("01 61", .truncated),
    ]) func faultyBlocksAreRefused(hex: String, problem: Metadata.Problem) {
        #expect(throws: problem) { try Metadata(decoding: ByteBuffer(hex: hex)) }
    }

    @Test func bombsAreRefused() {
        let tooMany = ByteBuffer(hex: String(repeating: "01610000", count: 65))
        #expect(throws: Metadata.Problem.tooLarge) { try Metadata(decoding: tooMany) }
        #expect(throws: Metadata.Problem.tooLarge) { try Metadata(decoding: ByteBuffer(repeating: 0, count: 8193)) }
        var metadata = Metadata()
        #expect(throws: Metadata.Problem.tooLarge) {
            try metadata.append("a", Array(repeating: 0, count: WireLimits.maxMetadataBytes))
        }
    }
}
