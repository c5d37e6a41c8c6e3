import CutoverWire
import NIOCore
import TestVectors

/// Frames and the client's own doings in any order: its state machine against the table of PROTOCOL.md.
///
/// Input: the client's max_inflight, then a ``FrameScript``.
enum ClientStatesFuzz {
    static let target = FuzzTarget(
        name: "client-states", maxInputBytes: 2048,
        run: { bytes throws(FuzzFinding) in try run(bytes) },
        seeds: { try seeds() })

    /// What the events of a script are.
    private enum Event: UInt8 {
        case open = 16
        case grant, drain, ping, flushed, fail
    }

    private static let maxFrameBytes: UInt32 = 1 << 20

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

    /// The state machine, used as a client's channel handler uses it; beside it the model, and counts of its own.
    private struct Connection: ~Copyable {
        var state: ClientConnectionState
        var model: ClientModel
        var decoder = FrameDecoder(sender: .server, maxFrameBytes: ClientStatesFuzz.maxFrameBytes)
        var buffer = ByteBuffer()
        var streams: [UInt32: StreamCredit] = [:]
        var ledger = SlotLedger()
        var isOver = false

        init(maxInFlight: UInt16) {
            state = ClientConnectionState(maxInFlight: maxInFlight)
            model = ClientModel(maxInFlight: Int(maxInFlight))
        }

        mutating func checkCounts() throws(FuzzFinding) {
            try expectEqual(state.phase == .closed, isOver, "closed")
            if !isOver { try expectEqual(state.inFlight, model.calls.count, "calls in flight") }
        }

        mutating func receive(_ frame: FrameScript.Frame) throws(FuzzFinding) {
            let header = frame.header
            if isOver { return try expectEqual(state.received(header), .refused, "after the end, \(header)") }
            let broken = FrameRules.broken(by: header, from: .server, maxFrameBytes: ClientStatesFuzz.maxFrameBytes)
            buffer.writeBytes(frame.bytes)
            switch decoder.next(in: &buffer) {
            case .violation(let violation):
                try expect(broken.contains(violation.reason), "\(header): \(violation.reason) of \(broken)")
                end()
            case .needMoreBytes:
                // CLI-14.
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
            _ action: ClientConnectionState.FrameAction, _ frame: FrameScript.Frame, _ body: ByteBuffer
        ) throws(FuzzFinding) {
            let actual: ClientModel.Verdict
            switch action {
            case .hello: actual = .hello
            case .response(let slot):
                try expectEqual(slot, frame.id, "slot of the RESPONSE")
                try ledger.end(slot)
                streams[slot] = nil
                actual = .endCall
            case .item(let slot):
                try expectEqual(slot, frame.id, "slot of the ITEM")
                guard var credit = streams[slot] else { throw FuzzFinding("an ITEM for no stream") }
                let isWithin = credit.take(itemLength: frame.length)
                streams[slot] = credit
                if isWithin { try ledger.spend(frame.length, in: slot) }
                actual = isWithin ? .deliver : .violation(GoAwayReason.flowControl.rawValue)
            case .pong: actual = .pong
            case .pingAnswered: actual = .note
            case .drain: actual = .drain
            case .refused: actual = .close
            case .violation(let violation): actual = .violation(violation.reason.rawValue)
            }
            try expectEqual(actual, model.receive(frame), "\(frame)")
            switch actual {
            case .close, .violation: end()
            case .hello: try receiveHello(frame, body)
            case .drain: try drain()
            case .endCall, .deliver, .pong, .note: break
            }
        }

        private mutating func receiveHello(_ frame: FrameScript.Frame, _ body: ByteBuffer) throws(FuzzFinding) {
            guard let hello = try frame.hello(body) else { return end() }
            state.accept(hello)
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
            case .open: try open(isStream: script.byte() & 1 != 0, credit: script.amount())
            case .grant: try grant(script.amount(), to: script.slot())
            case .drain: try drain()
            case .ping: try expectEqual(state.startPing(), model.startPing(), "PING")
            case .flushed:
                state.flushed()
                model.flushed()
            case .fail: if script.byte() >= 0xC0 { end() }
            case nil: break
            }
        }

        /// DRAINED is sent once.
        private mutating func drain() throws(FuzzFinding) {
            let isSent = state.startDrain()
            try expectEqual(isSent, model.startDrain(), "DRAINED")
            if isSent { ledger.takesCalls = false }
        }

        private mutating func open(isStream: Bool, credit: UInt32) throws(FuzzFinding) {
            let canOpen = model.canOpen
            let slot = state.open(isStream: isStream)
            try expectEqual(slot != nil, canOpen, "a slot for a call")
            guard let slot else { return }
            // REQ-2.
            let credit = min(credit, 0x7FFF_FFFF)
            try expect(model.open(slot: slot, credit: isStream ? credit : nil), "slot \(slot) is not to be had")
            try ledger.begin(slot)
            guard isStream else { return }
            streams[slot] = StreamCredit(initial: credit)
            ledger.grant(credit, to: slot)
        }

        private mutating func grant(_ bytes: UInt32, to slot: UInt32) throws(FuzzFinding) {
            guard !isOver, var credit = streams[slot] else { return }
            let isGranted = credit.add(bytes)
            try expectEqual(isGranted, model.grant(bytes, to: slot), "\(bytes) bytes of credit")
            streams[slot] = credit
            if isGranted { ledger.grant(bytes, to: slot) }
        }
    }

    /// The frames of a server in `proto/vectors` as a script, with what the client did before them.
    private static func seeds() throws -> [[UInt8]] {
        let hello: [UInt8] = [1, 0, 0]
        return try VectorBytes.connections(underTest: .client).map {
            [0] + ($0.isOpen ? hello : []) + $0.sent.flatMap(script)
        } + [fullHouse, fullCredit]
    }

    /// Sixteen calls, answered and made again.
    private static let fullHouse: [UInt8] = {
        let calls = [0xE0 | Event.open.rawValue, 1, 100, 0xE0 | Event.open.rawValue, 0, 0]
        let responses: [UInt8] = [0xE3, 0, 1, 0xE3, 0, 9]
        return [0, 1, 0, 0] + calls + responses + calls + [9, 0] + responses
    }()

    /// A stream with all the credit there can be, given one byte more before and after a message.
    private static let fullCredit: [UInt8] = {
        let most = FrameScript.encoding(amount: 0x7FFF_FFFF)
        let grant: [UInt8] = [Event.grant.rawValue, FrameScript.encoding(amount: 1), 1]
        return [0, 1, 0, 0, Event.open.rawValue, 1, most] + grant + [4, 0, 1, 1] + grant
    }()

    private static func script(_ step: VectorBytes.Connection.Sent) -> [UInt8] {
        if step.from == .server { return FrameScript.encoding(frames: step.bytes) }
        var frame = FuzzInput(step.bytes)
        _ = frame.uint32()
        let (type, flags) = (frame.byte(), frame.byte())
        _ = frame.uint16()
        let (slot, aux) = (frame.uint32(), frame.uint32())
        _ = frame.uint32()
        return switch type {
        case 2: [Event.open.rawValue, flags & 1, FrameScript.encoding(amount: frame.uint32())]
        case 5: [Event.grant.rawValue, FrameScript.encoding(amount: aux), FrameScript.encoding(slot: slot)]
        case 7: [Event.ping.rawValue]
        case 8: [Event.flushed.rawValue]
        case 10: [Event.drain.rawValue]
        default: []
        }
    }
}
