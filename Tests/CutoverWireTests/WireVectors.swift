import CutoverWire
import NIOCore
import Testing

extension ByteBuffer {
    /// The bytes of hexadecimal digits; blanks are skipped.
    init(hex: String) {
        let digits = hex.compactMap(\.hexDigitValue)
        self.init(
            bytes: stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) })
    }
}

/// Frames of a client as they must look on the wire.
enum WireVectors {
    /// Health.Check on slot 1 with 500 ms: the first golden vector of PROTOCOL.md.
    static let healthRequest = ByteBuffer(hex: "00000008 02 00 0000 00000001 00000001 000001F4 00000000")
    static let healthResponse = ByteBuffer(hex: "00000002 03 00 0000 00000001 00000000 0801")

    /// One of every frame a client sends.
    static var clientFrames: ByteBuffer {
        var buffer = ByteBuffer()
        Hello().writeFrame(to: &buffer)
        buffer.writeImmutableBuffer(healthRequest)
        FrameWriter.writeCredit(to: &buffer, slot: 2, bytes: 4096)
        FrameWriter.writeCancel(to: &buffer, slot: 1, reason: .deadline)
        FrameWriter.writePing(to: &buffer, opaque: 0x0102_0304_0506_0708)
        FrameWriter.writePong(to: &buffer, opaque: 9)
        FrameWriter.writeDrained(to: &buffer)
        return buffer
    }

    static let clientTypes: [FrameType] = [.hello, .request, .credit, .cancel, .ping, .pong, .drained]
}

/// Expects two values to be the same. `#expect` cannot look inside an expression that changes a value.
func expectSame<T: Equatable>(_ actual: T, _ expected: T, sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(actual == expected, sourceLocation: sourceLocation)
}
