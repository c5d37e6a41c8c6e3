import CutoverWire
import NIOCore
import TestVectors

/// A connection to judge: frames of the peer in, words of PROTOCOL.md's state table out.
protocol ConnectionUnderTest: ~Copyable {
    /// The words for the whole frames among `bytes`, which the peer sent.
    mutating func receive(_ bytes: [UInt8]) throws -> (actions: [String], violation: WireViolation?)
    /// Takes note of frames that this side sent itself.
    mutating func send(_ bytes: [UInt8]) throws
    var isClosed: Bool { get }
}

/// The vector's steps ask for something that this side could never have done.
struct ImpossibleStep: Error, CustomStringConvertible {
    let description: String
}

/// The server's decoder, state machine and credit, put together as a connection does it.
struct ServerUnderTest: ~Copyable, ConnectionUnderTest {
    private var state = ServerConnectionState(maxInFlight: 16)
    private var decoder = FrameDecoder(sender: .client, maxFrameBytes: WireLimits.maxHelloBytes)
    private var credits: [UInt32: StreamCredit] = [:]
    private var closesByDrain = false

    init() {
        state.receivedPreface()
    }

    var isClosed: Bool { state.phase == .closed || closesByDrain }

    mutating func receive(_ bytes: [UInt8]) throws -> (actions: [String], violation: WireViolation?) {
        var buffer = ByteBuffer(bytes: bytes)
        var actions: [String] = []
        while true {
            switch decoder.next(in: &buffer) {
            case .needMoreBytes: return (actions, nil)
            case .violation(let violation): return (actions, violation)
            case .frame(let header):
                guard var body = buffer.readSlice(length: Int(header.length)) else { return (actions, nil) }
                do throws(WireViolation) {
                    actions.append(try act(on: header, &body))
                } catch {
                    state.fail()
                    return (actions, error)
                }
            }
        }
    }

    private mutating func act(on header: FrameHeader, _ body: inout ByteBuffer) throws(WireViolation) -> String {
        switch state.received(header) {
        case .hello:
            state.accept(try Hello(decoding: body))
            decoder.maxFrameBytes = 1 << 20
            return "accept"
        case .request(let slot, let isStream):
            if let prefix = RequestPrefix(reading: &body) {
                if let violation = prefix.violation(isStream: isStream) { throw violation }
                if isStream { credits[slot] = StreamCredit(initial: prefix.creditBytes) }
            }
            return "run"
        case .cancel: return "cancel"
        case .credit(let slot, let bytes):
            guard credits[slot]?.add(bytes) == true else {
                throw WireViolation(.flowControl, "the credit of a stream is over 2^31-1")
            }
            return "add"
        case .pong: return "pong"
        case .pingAnswered: return "note"
        case .drained(let closeNow):
            closesByDrain = closeNow
            return closeNow ? "close" : "drained"
        case .ignore: return "ignore"
        case .violation(let violation): throw violation
        }
    }

    mutating func send(_ bytes: [UInt8]) throws {
        var buffer = ByteBuffer(bytes: bytes)
        var decoder = FrameDecoder(sender: .server, maxFrameBytes: 1 << 20)
        while case .frame(let header) = decoder.next(in: &buffer) {
            buffer.moveReaderIndex(forwardBy: Int(header.length))
            switch header.type {
            case .response:
                credits[header.id] = nil
                switch state.respond(slot: header.id) {
                case .send: break
                case .sendAndClose: closesByDrain = true
                case .drop: throw ImpossibleStep(description: "RESPONSE on a free slot")
                }
            case .item:
                guard credits[header.id]?.take(itemLength: header.length) == true else {
                    throw ImpossibleStep(description: "ITEM without credit")
                }
            case .ping:
                guard state.startPing() else { throw ImpossibleStep(description: "a second PING") }
            case .pong: state.flushed()
            case .goAway:
                guard state.startDrain() else { throw ImpossibleStep(description: "GOAWAY twice") }
            default: throw ImpossibleStep(description: "a server does not send \(header)")
            }
        }
    }
}
