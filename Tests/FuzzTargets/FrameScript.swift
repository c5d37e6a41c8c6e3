import CutoverWire
import NIOCore

/// Frames and events that an input spells out in a few bytes each, so that most inputs are frames in some order and not
/// one broken header.
///
/// A step begins with a byte. Its lower five bits: 0 to 15 is a frame of that type, 16 to 30 an event on the side under
/// test, 31 a frame whose type is the next byte. Its upper three: how often the step is repeated, each time with the
/// slot after. A frame goes on with a byte of flags; when its top bit is set, every field is given as it is, else only
/// those that the type gives a meaning.
struct FrameScript {
    /// One step.
    enum Step {
        case frame(Frame)
        /// What the side under test does; the target says what the number means.
        case event(UInt8)
    }

    /// A frame and the two numbers of its body that matter.
    struct Frame {
        var length: UInt32 = 0
        var type: UInt8
        var flags: UInt8 = 0
        var metadataLength: UInt16 = 0
        var id: UInt32 = 0
        var aux: UInt32 = 0
        /// The credit of a REQUEST.
        var credit: UInt32 = 0
        /// The max_inflight of a HELLO; nil when it has none.
        var maxInFlight: UInt16?

        var isStream: Bool { flags & 1 != 0 }

        /// The bytes of the frame, written without any code of the codec.
        var bytes: [UInt8] {
            var bytes = Self.bigEndian(length) + [type, flags]
            bytes += [UInt8(metadataLength >> 8), UInt8(truncatingIfNeeded: metadataLength)]
            bytes += Self.bigEndian(id) + Self.bigEndian(aux)
            var body: [UInt8] = []
            if type == 2 { body = [0, 0, 0, 0] + Self.bigEndian(credit) }
            if type == 1, let maxInFlight {
                body = [0, 2, 0, 2, UInt8(maxInFlight >> 8), UInt8(truncatingIfNeeded: maxInFlight)]
            }
            let count = Int(min(length, FrameScript.maxBodyBytes))
            return bytes + body.prefix(count) + [UInt8](repeating: 0, count: max(0, count - body.count))
        }

        var header: FrameHeader {
            FrameHeader(
                length: length, rawType: type, flags: flags, metadataLength: metadataLength, id: id, aux: aux)
        }

        /// What a connection makes of the body of this HELLO; nil when it refuses it, which it may not do as it likes.
        func hello(_ body: ByteBuffer) throws(FuzzFinding) -> Hello? {
            let isInRange = maxInFlight ?? 16 >= 16
            guard let hello = try? Hello(decoding: body) else {
                try expect(length != 0 && !(length == 6 && maxInFlight != nil && isInRange), "a sound HELLO is refused")
                return nil
            }
            try expect(isInRange, "max_inflight \(maxInFlight ?? 0) is accepted")
            return hello
        }

        private static func bigEndian(_ value: UInt32) -> [UInt8] {
            [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
        }
    }

    /// The longest body that is written; a frame that says more is over every max_frame that is tried.
    static let maxBodyBytes: UInt32 = 4096
    /// Steps beyond this are not run.
    static let maxSteps = 400

    private var input: FuzzInput
    private var stepsLeft = FrameScript.maxSteps
    /// The step that is repeated: the input behind its first byte.
    private var repeated: FuzzInput
    private var code: UInt8 = 0
    private var repetition: UInt32 = 0
    private var repetitions: UInt32 = 0

    init(_ input: FuzzInput) {
        self.input = input
        repeated = input
    }

    /// The next step; nil at the end of the input.
    mutating func next() -> Step? {
        guard stepsLeft > 0 else { return nil }
        stepsLeft -= 1
        if repetition < repetitions {
            repetition += 1
            input = repeated
        } else {
            guard !input.isAtEnd else { return nil }
            let byte = input.byte()
            (code, repetition, repetitions) = (byte & 31, 0, UInt32(byte >> 5))
            repeated = input
        }
        switch code {
        case 16..<31: return .event(code)
        case 31: return .frame(frame(type: input.byte()))
        default: return .frame(frame(type: code))
        }
    }

    mutating func byte() -> UInt8 { input.byte() }

    /// A slot: small numbers as they are, then those next to a limit.
    mutating func slot() -> UInt32 {
        let byte = Int(input.byte())
        return (byte < 0xF0 ? UInt32(byte) : Self.slotsAtLimits[byte - 0xF0]) &+ repetition
    }

    /// Bytes of credit: small numbers, multiples of 64, powers of two, and those around 2^31.
    mutating func amount() -> UInt32 { Self.amount(input.byte()) }

    /// The length of a message.
    mutating func size() -> UInt32 { min(amount(), Self.maxBodyBytes) }

    /// A max_inflight; nil for none.
    mutating func maxInFlight() -> UInt16? {
        let byte = input.byte()
        return byte == 0
            ? nil : byte < 0xF8 ? UInt16(byte) : [255, 256, 1000, 1024, 1025, 4096, 32768, 65535][Int(byte) - 0xF8]
    }

    private mutating func frame(type: UInt8) -> Frame {
        let shape = input.byte()
        if shape & 0x80 != 0 { return plainFrame(type: type) }
        var frame = Frame(type: type)
        switch type {
        case 1:
            frame.maxInFlight = maxInFlight()
            frame.length = frame.maxInFlight == nil ? 0 : 6
        case 2:
            frame.flags = shape & 3
            frame.id = slot()
            frame.aux = 1
            frame.credit = frame.isStream || shape & 4 != 0 ? amount() : 0
            frame.length = 8
        case 3:
            frame.flags = shape & 1
            frame.id = slot()
            frame.aux = shape & 2 != 0 ? UInt32(input.byte()) : 0
        case 4:
            frame.id = slot()
            frame.length = size()
        case 5:
            frame.id = slot()
            frame.aux = amount()
        case 6:
            frame.id = slot()
            frame.aux = UInt32(shape & 3)
        case 7, 8: frame.length = 8
        case 9:
            frame.aux = UInt32(shape)
            frame.length = 4
        default: break
        }
        return frame
    }

    /// Every field as the input has it, but for a length that would swallow what follows.
    private mutating func plainFrame(type: UInt8) -> Frame {
        let length = input.byte()
        return Frame(
            length: length == 0xFF ? .max : UInt32(length), type: type, flags: input.byte(),
            metadataLength: UInt16(input.byte()), id: input.uint32(), aux: input.uint32(), credit: input.uint32())
    }

    private static let slotsAtLimits: [UInt32] = [
        255, 256, 257, 1000, 1023, 1024, 1025, 4096, 32768, 65534, 65535, 65536, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFE,
        0xFFFF_FFFF,
    ]

    private static func amount(_ byte: UInt8) -> UInt32 {
        let number = UInt32(byte)
        return switch byte {
        case 0..<64: number
        case 64..<128: (number - 63) * 64
        case 128..<160: 1 << (number - 128)
        case 160..<192: (1 << (number - 160)) - 1
        default: 0x8000_0020 - (number - 192)
        }
    }
}

// MARK: - Seeds

extension FrameScript {
    /// The steps for frames, as near to them as a script can say.
    static func encoding(frames: [UInt8]) -> [UInt8] {
        var script: [UInt8] = []
        var rest = FuzzInput(frames)
        while !rest.isAtEnd {
            var frame = Frame(length: rest.uint32(), type: rest.byte(), flags: rest.byte())
            frame.metadataLength = rest.uint16()
            frame.id = rest.uint32()
            frame.aux = rest.uint32()
            let body = (0..<min(frame.length, 1 << 20)).map { _ in rest.byte() }
            script += encoding(frame, body: body)
        }
        return script
    }

    static func encoding(slot: UInt32) -> UInt8 {
        slot < 0xF0 ? UInt8(slot) : 0xF0 + UInt8(slotsAtLimits.firstIndex { $0 >= slot } ?? 15)
    }

    static func encoding(amount wanted: UInt32) -> UInt8 {
        (0...UInt8.max).min { left, right in
            distance(amount(left), wanted) < distance(amount(right), wanted)
        } ?? 0
    }

    private static func distance(_ left: UInt32, _ right: UInt32) -> UInt32 {
        left > right ? left - right : right - left
    }

    private static func encoding(_ frame: Frame, body: [UInt8]) -> [UInt8] {
        let code = frame.type < 16 ? [frame.type] : [31, frame.type]
        switch frame.type {
        case 1:
            // The vectors with one setting have max_inflight.
            return code + (body.count == 6 && body[1] == 2 ? [0, body[4] == 0 ? body[5] : 0xFB] : [0, 0])
        case 2:
            var prefix = FuzzInput(Array(body.dropFirst(4)))
            let credit = frame.isStream ? [encoding(amount: prefix.uint32())] : []
            return code + [frame.flags & 3, encoding(slot: frame.id)] + credit
        case 3: return code + [frame.flags & 1, encoding(slot: frame.id)]
        case 4: return code + [0, encoding(slot: frame.id), encoding(amount: frame.length)]
        case 5: return code + [0, encoding(slot: frame.id), encoding(amount: frame.aux)]
        case 6: return code + [UInt8(frame.aux & 3), encoding(slot: frame.id)]
        case 9: return code + [UInt8(min(frame.aux, 127))]
        default: return code + [0]
        }
    }
}
