import CutoverWire
import NIOCore
import TestRandom
import TestVectors

/// The frame decoder: whole, in random pieces and byte by byte alike, and as the table of frame types says.
///
/// Input: how to cut, which max_frame, the bytes of a peer.
enum FrameFuzz {
    static let fromClient = target("frames-from-client", sender: .client, side: .client)
    static let fromServer = target("frames-from-server", sender: .server, side: .server)

    private static let limits: [UInt32] = [8 << 10, 64 << 10, 1 << 20, WireLimits.maxFrameCeiling]
    /// Longer inputs are not cut into single bytes.
    private static let dripBytes = 1024

    private static func target(_ name: String, sender: WireRole, side: Vector.Side) -> FuzzTarget {
        FuzzTarget(
            name: name, maxInputBytes: 16 << 10,
            run: { bytes throws(FuzzFinding) in try run(bytes, sender: sender) },
            seeds: { try VectorBytes.streams(from: side).map { [7, 2] + $0 } })
    }

    private static func run(_ bytes: [UInt8], sender: WireRole) throws(FuzzFinding) {
        var input = FuzzInput(bytes)
        let cutSeed = UInt64(input.byte())
        let limit = limits[Int(input.byte()) % limits.count]
        let stream = input.rest()
        let expected = Outcome(judging: stream, sender: sender, maxFrameBytes: limit)
        try check(try decode([stream[...]], sender, limit), expected)
        try check(try decode(pieces(of: stream, seed: cutSeed), sender, limit), expected)
        if stream.count <= dripBytes {
            try check(try decode(stream.indices.map { stream[$0...$0] }, sender, limit), expected)
        }
        if sender == .client { try checkPreface(stream) }
    }

    /// What came of a stream.
    private struct Outcome {
        var frames: [FrameHeader] = []
        var bodies: [[UInt8]] = []
        /// The reasons that may be given; empty when no rule is broken.
        var reasons: Set<GoAwayReason> = []
        /// How many bytes must have come for the breach to be seen; -1 without one.
        var seenAt = -1
        var bytesLeft = 0
        var isInsideFrame = false

        init() {}

        /// By the specification.
        init(judging stream: [UInt8], sender: WireRole, maxFrameBytes: UInt32) {
            var at = 0
            while stream.count - at >= 16 {
                var fields = FuzzInput(Array(stream[at..<at + 16]))
                let header = FrameHeader(
                    length: fields.uint32(), rawType: fields.byte(), flags: fields.byte(),
                    metadataLength: fields.uint16(), id: fields.uint32(), aux: fields.uint32())
                reasons = FrameRules.broken(by: header, from: sender, maxFrameBytes: maxFrameBytes)
                if !reasons.isEmpty {
                    seenAt = at + 16
                    break
                }
                let end = at + 16 + Int(header.length)
                isInsideFrame = end > stream.count
                if isInsideFrame { break }
                if FrameRules.isKnown(header.rawType) {
                    frames.append(header)
                    bodies.append(Array(stream[at + 16..<end]))
                }
                at = end
            }
            bytesLeft = stream.count - at
        }
    }

    private static func check(_ actual: Outcome, _ expected: Outcome) throws(FuzzFinding) {
        try expectEqual(actual.frames, expected.frames, "headers")
        try expectEqual(actual.bodies, expected.bodies, "bodies")
        try expectEqual(actual.reasons.isEmpty, expected.reasons.isEmpty, "no breach")
        try expect(actual.reasons.isSubset(of: expected.reasons), "reason \(actual.reasons) of \(expected.reasons)")
        try expectEqual(actual.isInsideFrame, expected.isInsideFrame, "inside a frame")
        if expected.reasons.isEmpty {
            try expectEqual(actual.bytesLeft, expected.bytesLeft, "bytes left")
        } else {
            try expect(actual.seenAt >= expected.seenAt, "a breach seen before its header was there")
        }
    }

    private static func pieces(of stream: [UInt8], seed: UInt64) -> [ArraySlice<UInt8>] {
        var random = SplitMix64(seed: seed)
        var pieces: [ArraySlice<UInt8>] = []
        var at = 0
        while at < stream.count {
            let most = [2, 24, 200, 5000][Int.random(in: 0..<4, using: &random)]
            let end = min(stream.count, at + Int.random(in: 1...most, using: &random))
            pieces.append(stream[at..<end])
            at = end
        }
        return pieces
    }

    /// Decodes as a connection does, which keeps what is left in its buffer.
    private static func decode(
        _ pieces: [ArraySlice<UInt8>], _ sender: WireRole, _ limit: UInt32
    ) throws(FuzzFinding) -> Outcome {
        var decoder = FrameDecoder(sender: sender, maxFrameBytes: limit)
        var buffer = ByteBuffer()
        var outcome = Outcome()
        var fed = 0
        for piece in pieces {
            buffer.writeBytes(piece)
            fed += piece.count
            while true {
                let before = buffer.readerIndex
                switch decoder.next(in: &buffer) {
                case .frame(let header):
                    guard let body = buffer.readBytes(length: Int(header.length)) else {
                        throw FuzzFinding("a frame without its body: \(header)")
                    }
                    try expect(outcome.reasons.isEmpty, "a frame after a breach")
                    outcome.frames.append(header)
                    outcome.bodies.append(body)
                    continue
                case .violation(let violation):
                    if outcome.seenAt < 0 {
                        outcome.seenAt = fed
                        // The pieces may be long, but the breach is to be seen with the last byte of its header.
                        let headerEnd = fed - buffer.readableBytes + WireLimits.headerBytes
                        try expect(fed - piece.count < headerEnd, "a breach seen late")
                    } else {
                        try expectEqual(buffer.readerIndex, before, "bytes read after a breach")
                        try expect(outcome.reasons.contains(violation.reason), "another reason later")
                    }
                    outcome.reasons.insert(violation.reason)
                case .needMoreBytes:
                    try expect(outcome.reasons.isEmpty, "bytes wanted after a breach")
                }
                break
            }
            if fed % 3 == 0 { buffer.discardReadBytes() }
        }
        outcome.bytesLeft = buffer.readableBytes
        outcome.isInsideFrame = decoder.isInsideFrame
        return outcome
    }

    /// The preface is decided as soon as it can be, and not differently later (PREFACE-1 to PREFACE-4).
    private static func checkPreface(_ stream: [UInt8]) throws(FuzzFinding) {
        let http = ["GET ", "POST", "HEAD", "PUT ", "DELE", "OPTI", "PATC", "CONN", "PRI "].map { Array($0.utf8) }
        let magic: [UInt8] = [0xB5, 0x52, 0x50, 0x43]
        for count in 0...min(stream.count, 12) {
            let seen = Array(stream[..<count])
            var buffer = ByteBuffer(bytes: seen)
            let expected: Preface.ParseResult
            if seen.starts(with: magic) {
                if count < 8 {
                    expected = .needMoreBytes
                } else {
                    expected = seen[4] != 1 ? .otherMajor : seen[6] == 0 && seen[7] == 0 ? .accepted : .garbage
                }
            } else if count >= 4, http.contains(where: { seen.starts(with: $0) }) {
                expected = .looksLikeHTTP
            } else {
                let isOpen = count < 4 && ([magic] + http).contains { $0.starts(with: seen) }
                expected = isOpen ? .needMoreBytes : .garbage
            }
            try expectEqual(Preface.parse(&buffer), expected, "the preface of \(seen)")
            if expected == .accepted || expected == .otherMajor {
                try expectEqual(buffer.readerIndex, 8, "bytes read of a preface")
            }
            if expected == .needMoreBytes { try expectEqual(buffer.readerIndex, 0, "bytes read of half a preface") }
        }
    }
}
