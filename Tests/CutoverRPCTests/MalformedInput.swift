import CutoverLocking
import CutoverWire
import NIOCore
import TestRandom

/// Bytes no honest client sends.
enum MalformedInput {
    static let warmResidentKiB = Mutex(0)

    /// One input: random bytes, a frame cut short, or a frame with wrong fields; most behind a sound set-up.
    static func make(using random: inout SplitMix64) -> ByteBuffer {
        var buffer = ByteBuffer()
        if Int.random(in: 0..<10, using: &random) != 0 {
            Preface.write(to: &buffer)
            if Int.random(in: 0..<10, using: &random) != 0 { Hello().writeFrame(to: &buffer) }
        }
        switch Int.random(in: 0..<3, using: &random) {
        case 0: writeNoise(Int.random(in: 0..<300, using: &random), to: &buffer, using: &random)
        case 1:
            var frame = ByteBuffer()
            writeFrame(lengthError: 0, to: &frame, using: &random)
            let cut = Int.random(in: 0..<frame.readableBytes, using: &random)
            buffer.writeBytes(frame.readableBytesView.prefix(cut))
        default:
            for _ in 0..<Int.random(in: 1..<6, using: &random) {
                writeFrame(lengthError: Int.random(in: -20..<20, using: &random), to: &buffer, using: &random)
            }
        }
        return buffer
    }

    private static func writeFrame(lengthError: Int, to buffer: inout ByteBuffer, using random: inout SplitMix64) {
        let bodyBytes = Int.random(in: 0..<64, using: &random)
        let isBomb = Int.random(in: 0..<10, using: &random) == 0
        FrameHeader(
            length: isBomb ? UInt32.random(in: .min ... .max, using: &random) : UInt32(max(0, bodyBytes + lengthError)),
            rawType: UInt8.random(in: 0..<13, using: &random), flags: UInt8.random(in: 0..<5, using: &random),
            metadataLength: UInt16.random(in: 0..<40, using: &random), id: UInt32.random(in: 0..<20, using: &random),
            aux: UInt32.random(in: 0..<6, using: &random)
        ).write(to: &buffer)
        writeNoise(bodyBytes, to: &buffer, using: &random)
    }

    private static func writeNoise(_ count: Int, to buffer: inout ByteBuffer, using random: inout SplitMix64) {
        for _ in 0..<count { buffer.writeInteger(UInt8.random(in: .min ... .max, using: &random)) }
    }

    /// Sends each input over a connection of its own, and hangs up once the server has had it.
    static func send(_ inputs: [ByteBuffer], port: Int) async throws {
        for input in inputs {
            let raw = try await RawClient.connect(port: port)
            await raw.sendAndClose(input)
        }
    }
}
