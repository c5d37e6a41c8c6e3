import CutoverWire
import NIOCore

/// The body of HELLO: refused or accepted as HELLO-2 to HELLO-8 say, and the same settings once written and read again.
///
/// Input: a body.
enum HelloFuzz {
    static let target = FuzzTarget(
        name: "hello", maxInputBytes: Int(WireLimits.maxHelloBytes),
        run: { bytes throws(FuzzFinding) in try run(bytes) },
        seeds: { try VectorBytes.all(.hello) })

    private static func run(_ body: [UInt8]) throws(FuzzFinding) {
        let expected = judge(body)
        var buffer = ByteBuffer(bytes: [0xAA] + body + [0xAA])
        buffer.moveReaderIndex(forwardBy: 1)
        guard let slice = buffer.readSlice(length: body.count) else { throw FuzzFinding("no slice") }
        let hello: Hello
        do {
            hello = try Hello(decoding: slice)
        } catch {
            guard case .refused(let reasons) = expected else { throw FuzzFinding("refused as \(error)") }
            try expect(reasons.contains(error.reason), "refused as \(error), and not for \(reasons)")
            return
        }
        guard case .accepted(let settings) = expected else { throw FuzzFinding("accepted in spite of \(expected)") }
        try check(hello, settings)
        try checkWritten(hello)
    }

    private enum Verdict {
        /// The last bytes of each known key.
        case accepted([UInt16: [UInt8]])
        case refused(Set<GoAwayReason>)
    }

    private static let lengths: [UInt16: ClosedRange<Int>] = [
        1: 4...4, 2: 2...2, 3: 4...4, 4: 8...8, 5: 0...4096, 6: 0...64, 7: 4...4, 8: 4...4, 9: 16...16, 10: 8...8,
        11: 2...2,
    ]

    /// By the specification: every breach up to the first that makes the rest unreadable.
    private static func judge(_ body: [UInt8]) -> Verdict {
        var settings: [UInt16: [UInt8]] = [:]
        var reasons: Set<GoAwayReason> = []
        var count = 0
        var at = 0
        while at < body.count {
            guard at + 4 <= body.count else { return .refused(reasons.union([.protocolError])) }
            let key = UInt16(body[at]) << 8 | UInt16(body[at + 1])
            let end = at + 4 + Int(body[at + 2]) << 8 + Int(body[at + 3])
            guard end <= body.count else { return .refused(reasons.union([.protocolError])) }
            let value = Array(body[at + 4..<end])
            count += 1
            if count > 64 { reasons.insert(.protocolError) }
            if let length = lengths[key] {
                let number = value.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
                let isWrong =
                    settings[key] != nil || !length.contains(value.count)
                    || key == 1 && !(65_536...16_777_215).contains(number) || key == 2 && number < 16
                    || key == 11 && number >> 8 > number & 0xFF
                if isWrong { reasons.insert(.protocolError) }
                settings[key] = value
            } else if key >= 0x8000 {
                reasons.insert(.unsupported)
            }
            at = end
        }
        return reasons.isEmpty ? .accepted(settings) : .refused(reasons)
    }

    private static func check(_ hello: Hello, _ settings: [UInt16: [UInt8]]) throws(FuzzFinding) {
        func number(_ key: UInt16) -> UInt64? {
            settings[key].map { $0.reduce(0) { $0 << 8 | UInt64($1) } }
        }
        try expectEqual(hello.maxFrameBytes.map(UInt64.init), number(1), "max_frame")
        try expectEqual(hello.maxInFlight.map(UInt64.init), number(2), "max_inflight")
        try expectEqual(hello.streamCreditBytes.map(UInt64.init), number(3), "stream_credit")
        try expectEqual(hello.features, number(4), "features")
        try expectEqual(hello.credentials, settings[5], "auth")
        try expectEqual(hello.agent, settings[6].map { String(decoding: $0, as: UTF8.self) }, "agent")
        try expectEqual(hello.minPingMs.map(UInt64.init), number(7), "min_ping_ms")
        try expectEqual(hello.idleMs.map(UInt64.init), number(8), "idle_ms")
        try expectEqual(hello.instanceID, settings[9], "instance")
        try expectEqual(hello.schemaHash, number(10), "schema")
        let bounds = hello.majorVersions.map { UInt64($0.lowerBound) << 8 | UInt64($0.upperBound) }
        try expectEqual(bounds, number(11), "versions")
    }

    /// Written as a frame that keeps every rule, and read again.
    private static func checkWritten(_ hello: Hello) throws(FuzzFinding) {
        var written = ByteBuffer()
        hello.writeFrame(to: &written)
        var decoder = FrameDecoder(sender: .client, maxFrameBytes: WireLimits.maxHelloBytes)
        guard case .frame(let header) = decoder.next(in: &written), header.type == .hello else {
            throw FuzzFinding("HELLO is not written as a sound frame")
        }
        try expectEqual(written.readableBytes, Int(header.length), "length of HELLO")
        var expected = hello
        // Replacing what is not UTF-8 makes text longer, so that it is cut.
        let agentBytes = hello.agent.map { Array($0.utf8.prefix(WireLimits.maxAgentBytes)) }
        expected.agent = agentBytes.map { String(decoding: $0, as: UTF8.self) }
        do {
            try expectEqual(try Hello(decoding: written), expected, "read again")
        } catch let violation as WireViolation {
            throw FuzzFinding("what was written is refused: \(violation)")
        } catch let finding as FuzzFinding {
            throw finding
        } catch {
            throw FuzzFinding("\(error)")
        }
    }
}
