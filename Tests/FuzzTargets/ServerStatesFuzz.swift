import CutoverWire
import NIOCore
import TestVectors

/// Frames and the server's own doings in any order: its state machine against the table of PROTOCOL.md.
///
/// Input: the server's max_inflight, then a ``FrameScript``.
enum ServerStatesFuzz {
    static let target = FuzzTarget(
        name: "server-states", maxInputBytes: 2048,
        run: { bytes throws(FuzzFinding) in try run(bytes) },
        seeds: { try seeds() })

    /// What the events of a script are.
    private enum Event: UInt8 {
        case respond = 16
        case item, drain, ping, flushed, fail
    }

    private static func run(_ bytes: [UInt8]) throws(FuzzFinding) {
        var input = FuzzInput(bytes)
        var connection = Connection(maxInFlight: [16, 17, 64, 1024, 65535][Int(input.byte()) % 5])
        var script = FrameScript(input)
        while let step = script.next() {
            switch step {
            case .frame(let frame): try connection.receive(frame)
            case .event(let code): try connection.perform(Event(rawValue: code), &script)
            }
            try connection.checkCounts()
        }
    }

    /// The state machine, used as a server's channel handler uses it; beside it the model, and counts of its own.
    private struct Connection: ~Copyable {
        var state: ServerConnectionState
        var model: ServerModel
        var decoder = FrameDecoder(sender: .client, maxFrameBytes: 8192)
        var maxFrameBytes: UInt32 = 8192
        var buffer = ByteBuffer()
        var streams: [UInt32: StreamCredit] = [:]
        var ledger = SlotLedger()
        var isOver = false

        init(maxInFlight: UInt16) {
            state = ServerConnectionState(maxInFlight: maxInFlight)
            state.receivedPreface()
            model = ServerModel(maxInFlight: Int(maxInFlight))
        }

        mutating func checkCounts() throws(FuzzFinding) {
            try expectEqual(state.phase == .closed, isOver, "closed")
            if !isOver { try expectEqual(state.inFlight, model.calls.count, "calls in flight") }
        }

        mutating func receive(_ frame: FrameScript.Frame) throws(FuzzFinding) {
            let header = frame.header
            if isOver { return try expectEqual(state.received(header), .ignore, "after the end, \(header)") }
            let broken = FrameRules.broken(by: header, from: .client, maxFrameBytes: maxFrameBytes)
            buffer.writeBytes(frame.bytes)
            switch decoder.next(in: &buffer) {
            case .violation(let violation):
                try expect(broken.contains(violation.reason), "\(header): \(violation.reason) of \(broken)")
                end()
            case .needMoreBytes:
                // SRV-17.
                try expect(broken.isEmpty && frame.type >= 0x80 && buffer.readableBytes == 0, "skipped: \(header)")
            case .frame(let decoded):
                try expectEqual(decoded, header, "header")
                try expect(broken.isEmpty, "\(header) passes the rules of frames, against \(broken)")
                guard let body = buffer.readSlice(length: Int(header.length)) else { throw FuzzFinding("no body") }
                try carryOut(state.received(header), frame, body)
            }
        }

        /// What the handler does about a frame, and what it should do.
        private mutating func carryOut(
            _ action: ServerConnectionState.FrameAction, _ frame: FrameScript.Frame, _ body: ByteBuffer
        ) throws(FuzzFinding) {
            var body = body
            var actual: ServerModel.Verdict
            switch action {
            case .hello: actual = .hello
            case .request(let slot, let isStream):
                try expectEqual(slot, frame.id, "slot of the call")
                actual = .run(stream: isStream)
                guard let prefix = RequestPrefix(reading: &body) else { throw FuzzFinding("no prefix") }
                if let violation = prefix.violation(isStream: isStream) {
                    actual = .violation([violation.reason])
                } else {
                    try ledger.begin(slot)
                    if isStream { streams[slot] = StreamCredit(initial: prefix.creditBytes) }
                    if isStream { ledger.grant(prefix.creditBytes, to: slot) }
                }
            case .cancel(let slot, let reason):
                actual = slot == frame.id && reason.rawValue == frame.aux ? .cancel : .ignore
            case .credit(let slot, let bytes):
                try expectEqual(slot, frame.id, "slot of the credit")
                guard var credit = streams[slot] else { throw FuzzFinding("credit for no stream") }
                actual = credit.add(bytes) ? .add : .violation([.flowControl])
                streams[slot] = credit
                ledger.grant(bytes, to: slot)
            case .pong: actual = .pong
            case .pingAnswered: actual = .note
            case .drained(let closeNow): actual = .drained(close: closeNow)
            case .ignore: actual = .ignore
            case .violation(let violation): actual = .violation([violation.reason])
            }
            try settle(actual, model.receive(frame), frame, body)
        }

        private mutating func settle(
            _ actual: ServerModel.Verdict, _ expected: ServerModel.Verdict, _ frame: FrameScript.Frame,
            _ body: ByteBuffer
        ) throws(FuzzFinding) {
            if case .violation(let reasons) = actual, case .violation(let allowed) = expected {
                try expect(reasons.isSubset(of: allowed), "\(frame): \(reasons), and not \(allowed)")
                return end()
            }
            try expectEqual(actual, expected, "\(frame)")
            if actual == .hello { try receiveHello(frame, body) }
            if case .drained(let close) = actual {
                ledger.takesCalls = false
                if close { end() }
            }
        }

        private mutating func receiveHello(_ frame: FrameScript.Frame, _ body: ByteBuffer) throws(FuzzFinding) {
            guard let hello = try frame.hello(body) else { return end() }
            state.accept(hello)
            maxFrameBytes = 1 << 20
            decoder.maxFrameBytes = maxFrameBytes
            model.acceptHello(maxInFlight: frame.maxInFlight)
        }

        /// As the handler ends a connection.
        private mutating func end() {
            state.fail()
            model.end()
            isOver = true
        }

        mutating func perform(_ event: Event?, _ script: inout FrameScript) throws(FuzzFinding) {
            switch event {
            case .respond: try respond(slot: script.slot())
            case .item: try sendItem(slot: script.slot(), length: script.size())
            case .drain: try expectEqual(state.startDrain(), model.startDrain(), "GOAWAY")
            case .ping: try expectEqual(state.startPing(), model.startPing(), "PING")
            case .flushed:
                state.flushed()
                model.flushed()
            case .fail: if script.byte() >= 0xC0 { end() }
            case nil: break
            }
        }

        private mutating func respond(slot: UInt32) throws(FuzzFinding) {
            let expected = model.respond(slot: slot)
            let action = state.respond(slot: slot)
            try expectEqual(action != .drop, expected.isSent, "RESPONSE in slot \(slot)")
            try expectEqual(action == .sendAndClose, expected.isLast, "the last RESPONSE, in slot \(slot)")
            guard action != .drop else { return }
            try ledger.end(slot)
            streams[slot] = nil
            if action == .sendAndClose { end() }
        }

        private mutating func sendItem(slot: UInt32, length: UInt32) throws(FuzzFinding) {
            guard !isOver, var credit = streams[slot] else { return }
            let mayBeSent = model.sendItem(slot: slot, length: length)
            try expectEqual(credit.canSend, mayBeSent, "credit for an ITEM")
            try expectEqual(credit.take(itemLength: length), mayBeSent, "an ITEM")
            streams[slot] = credit
            if mayBeSent { try ledger.spend(length, in: slot) }
        }
    }

    /// The frames of a client in `proto/vectors` as a script, with what the server did before them.
    private static func seeds() throws -> [[UInt8]] {
        let hello: [UInt8] = [1, 0, 0]
        return try VectorBytes.connections(underTest: .server).map {
            [0] + ($0.isOpen ? hello : []) + $0.sent.flatMap(script)
        } + [fullHouse]
    }

    /// Sixteen calls, answered and made again.
    private static let fullHouse: [UInt8] = {
        let requests: [UInt8] = [0xE2, 1, 1, 100, 0xE2, 0, 9]
        let responses = [0xE0 | Event.respond.rawValue, 1, 0xE0 | Event.respond.rawValue, 9]
        return [0, 1, 0, 0] + requests + responses + requests + [Event.drain.rawValue, 10, 0] + responses
    }()

    private static func script(_ step: VectorBytes.Connection.Sent) -> [UInt8] {
        if step.from == .client { return FrameScript.encoding(frames: step.bytes) }
        var frame = FuzzInput(step.bytes)
        let length = frame.uint32()
        let type = frame.byte()
        _ = (frame.byte(), frame.uint16())
        let slot = FrameScript.encoding(slot: frame.uint32())
        return switch type {
        case 3: [Event.respond.rawValue, slot]
        case 4: [Event.item.rawValue, slot, FrameScript.encoding(amount: length)]
        case 7: [Event.ping.rawValue]
        case 8: [Event.flushed.rawValue]
        case 9: [Event.drain.rawValue]
        default: []
        }
    }
}
