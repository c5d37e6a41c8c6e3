/// A connection as a client sees it: the client's table in PROTOCOL.md ("States") and the rules on credit, written down
/// a second time and as simply as can be. What the state machine is compared with.
struct ClientModel {
    enum Phase {
        case awaitingHello
        case open
        case drained
        /// After a breach, or closed.
        case over
    }

    /// What a frame leads to.
    enum Verdict: Equatable {
        case hello
        case endCall
        case deliver
        case pong
        case note
        /// DRAINED, when it was not sent before.
        case drain
        case close
        /// Close, for this reason.
        case violation(UInt32)
    }

    private(set) var phase = Phase.awaitingHello
    private let wanted: Int
    /// Slots are 1 to this; before the server's HELLO, 16 (HELLO-11).
    private var limit = 16
    /// The balance of each stream; nil for a unary call.
    private(set) var calls: [UInt32: Int?] = [:]
    private var pingWaits = false
    private var pongWaits = false

    init(maxInFlight: Int) {
        wanted = maxInFlight
    }

    /// The table, CLI-1 to CLI-14; the frame has passed the rules of frames.
    mutating func receive(_ frame: FrameScript.Frame) -> Verdict {
        if frame.type == 9 { return goAway(frame.aux) }
        if phase == .awaitingHello { return frame.type == 1 ? .hello : breach() }
        switch frame.type {
        case 3: return calls.removeValue(forKey: frame.id) == nil ? breach() : .endCall
        case 4: return item(frame)
        case 7:
            if pongWaits { return breach() }
            pongWaits = true
            return .pong
        case 8:
            if !pingWaits { return breach() }
            pingWaits = false
            return .note
        default: return breach()
        }
    }

    /// HELLO-9: the smaller of both sides'.
    mutating func acceptHello(maxInFlight: UInt16?) {
        limit = min(wanted, maxInFlight.map(Int.init) ?? .max)
        phase = .open
    }

    mutating func end() { phase = .over }

    /// Whether a call can be made in a slot that is still to be chosen.
    var canOpen: Bool { (phase == .awaitingHello || phase == .open) && calls.count < limit }

    /// A call was made in this slot. False when it must not be.
    mutating func open(slot: UInt32, credit: UInt32?) -> Bool {
        guard canOpen, (1...limit).contains(Int(slot)), calls[slot] == nil else { return false }
        calls[slot] = .some(credit.map(Int.init))
        return true
    }

    /// CREDIT-3: the balance stays below 2^31.
    mutating func grant(_ bytes: UInt32, to slot: UInt32) -> Bool {
        guard case .some(.some(let balance)) = calls[slot], balance + Int(bytes) < 1 << 31 else { return false }
        calls[slot] = .some(balance + Int(bytes))
        return true
    }

    mutating func startDrain() -> Bool {
        guard phase == .open else { return false }
        phase = .drained
        return true
    }

    mutating func startPing() -> Bool {
        guard phase == .open || phase == .drained, !pingWaits else { return false }
        pingWaits = true
        return true
    }

    /// What was written has been handed to the network.
    mutating func flushed() { pongWaits = false }

    private mutating func breach(_ reason: UInt32 = 1) -> Verdict {
        phase = .over
        return .violation(reason)
    }

    private mutating func goAway(_ reason: UInt32) -> Verdict {
        if [0, 8, 11].contains(reason), phase != .awaitingHello { return .drain }
        phase = .over
        return .close
    }

    private mutating func item(_ frame: FrameScript.Frame) -> Verdict {
        guard case .some(.some(let balance)) = calls[frame.id] else { return breach() }
        guard balance > 0 else { return breach(5) }
        calls[frame.id] = .some(balance - max(64, Int(frame.length)))
        return .deliver
    }
}
