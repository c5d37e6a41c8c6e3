import NIOCore
import Testing

@testable import CutoverWire

@Suite struct FrameDecoderTests {
    /// Decodes `chunks` as they come, keeping what is left as a connection does.
    private func decode(_ chunks: [ByteBuffer]) -> [FrameHeader] {
        var decoder = FrameDecoder(sender: .client, maxFrameBytes: 1 << 20)
        var kept = ByteBuffer()
        var headers: [FrameHeader] = []
        for chunk in chunks {
            kept.writeImmutableBuffer(chunk)
            while case .frame(let header) = decoder.next(in: &kept) {
                headers.append(header)
                kept.moveReaderIndex(forwardBy: Int(header.length))
            }
        }
        #expect(kept.readableBytes == 0)
        return headers
    }

    @Test func framesComeOutAlikeDrippedAndCoalesced() {
        let whole = WireVectors.clientFrames
        let dripped = whole.readableBytesView.map { ByteBuffer(bytes: [$0]) }
        #expect(decode([whole]) == decode(dripped))
        #expect(decode([whole]).map(\.type) == WireVectors.clientTypes)
        for cut in 0...whole.readableBytes {
            let bytes = whole.readableBytesView
            #expect(decode([ByteBuffer(bytes.prefix(cut)), ByteBuffer(bytes.dropFirst(cut))]).count == 7)
        }
    }

    @Test func goldenHealthCheckIsByteForByte() {
        var buffer = ByteBuffer()
        FrameWriter.writeRequestHead(
            to: &buffer, slot: 1, methodID: MethodID.healthCheck, flags: 0, timeoutMs: 500, creditBytes: 0,
            metadata: Metadata(), payloadBytes: 0)
        #expect(buffer == WireVectors.healthRequest)
        buffer.clear()
        FrameWriter.writeResponseHead(to: &buffer, slot: 1, status: .ok, payloadBytes: 2)
        buffer.writeBytes([0x08, 0x01])
        #expect(buffer == WireVectors.healthResponse)
    }

    @Test func lengthIsJudgedBeforeTheBodyComes() {
        var decoder = FrameDecoder(sender: .client, maxFrameBytes: 1 << 20)
        var buffer = ByteBuffer(hex: "00100001 02 00 0000 00000001 00000001")
        guard case .violation(let violation) = decoder.next(in: &buffer) else {
            Issue.record("an oversized frame was let in")
            return
        }
        #expect(violation.reason == .frameSize)
        buffer = WireVectors.healthRequest
        expectSame(decoder.next(in: &buffer), .violation(violation))
    }

    @Test func unknownExtensionsAreSkipped() {
        var decoder = FrameDecoder(sender: .client, maxFrameBytes: 1 << 20)
        var buffer = ByteBuffer(hex: "00000003 F0 FF 0000 00000009 00000009 010203")
        buffer.writeImmutableBuffer(WireVectors.healthRequest)
        guard case .frame(let header) = decoder.next(in: &buffer) else {
            Issue.record("no frame behind an extension")
            return
        }
        #expect(header.type == .request)
    }

    @Test func randomBytesNeverTrap() {
        let seed = UInt64.random(in: .min ... .max)
        print("decoder seed: \(seed)")
        var state = seed
        func nextByte() -> UInt8 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return UInt8(truncatingIfNeeded: state >> 56)
        }
        for round in 0..<20_000 {
            var decoder = FrameDecoder(sender: round % 2 == 0 ? .client : .server, maxFrameBytes: 64)
            var buffer = ByteBuffer(bytes: (0..<48).map { index in index < 3 ? 0 : nextByte() & 0x0F })
            var frames = 0
            while case .frame(let header) = decoder.next(in: &buffer) {
                #expect(header.length <= 64)
                buffer.moveReaderIndex(forwardBy: Int(header.length))
                frames += 1
            }
            #expect(frames <= 3)
        }
    }
}
