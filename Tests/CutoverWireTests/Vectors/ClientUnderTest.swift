import CutoverWire
import NIOCore
import TestVectors

/// The client's decoder, state machine and credit, put together as a connection does it.
struct ClientUnderTest: ~Copyable, ConnectionUnderTest {
    private var state = ClientConnectionState(maxInFlight: 16)
    private var decoder = FrameDecoder(sender: .server, maxFrameBytes: 1 << 20)
    private var credits: [UInt32: StreamCredit] = [:]

    var isClosed: Bool { state.phase == .closed }

    mutating func receive(_ bytes: [UInt8]) throws -> (actions: [String], violation: WireViolation?) {
        var buffer = ByteBuffer(bytes: bytes)
        var actions: [String] = []
        while state.phase != .closed {
            switch decoder.next(in: &buffer) {
            case .needMoreBytes: return (actions, nil)
            case .violation(let violation): return (actions, violation)
            case .frame(let header):
                guard let body = buffer.readSlice(length: Int(header.length)) else { return (actions, nil) }
                do throws(WireViolation) {
                    actions.append(try act(on: header, body))
                } catch {
                    state.fail()
                    return (actions, error)
                }
            }
        }
        return (actions, nil)
    }

    private mutating func act(on header: FrameHeader, _ body: ByteBuffer) throws(WireViolation) -> String {
        switch state.received(header) {
        case .hello:
            state.accept(try Hello(decoding: body))
            return "accept"
        case .response(let slot):
            credits[slot] = nil
            return "end"
        case .item(let slot):
            guard credits[slot]?.take(itemLength: header.length) == true else {
                throw WireViolation(.flowControl, "ITEM beyond credit")
            }
            return "deliver"
        case .pong: return "pong"
        case .pingAnswered: return "note"
        case .drain: return state.startDrain() ? "drain" : "nothing"
        case .refused: return "close"
        case .violation(let violation): throw violation
        }
    }

    mutating func send(_ bytes: [UInt8]) throws {
        var buffer = ByteBuffer(bytes: bytes)
        var decoder = FrameDecoder(sender: .client, maxFrameBytes: 1 << 20)
        while case .frame(let header) = decoder.next(in: &buffer) {
            guard var body = buffer.readSlice(length: Int(header.length)) else { return }
            switch header.type {
            case .request:
                let isStream = header.flags & RequestFlags.stream != 0
                guard state.open(isStream: isStream) == header.id, let prefix = RequestPrefix(reading: &body) else {
                    throw ImpossibleStep(description: "slot \(header.id) is not the next")
                }
                if isStream { credits[header.id] = StreamCredit(initial: prefix.creditBytes) }
            case .credit:
                guard credits[header.id]?.add(header.aux) == true else {
                    throw ImpossibleStep(description: "too much CREDIT")
                }
            case .ping:
                guard state.startPing() else { throw ImpossibleStep(description: "a second PING") }
            case .pong: state.flushed()
            case .drained:
                // GOAWAY has led to it already, unless the client goes unasked.
                guard state.startDrain() || state.phase == .drained else {
                    throw ImpossibleStep(description: "DRAINED before HELLO")
                }
            case .cancel: break
            default: throw ImpossibleStep(description: "a client does not send \(header)")
            }
        }
    }
}
