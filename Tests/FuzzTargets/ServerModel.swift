import CutoverWire

/// A connection as a server sees it: the server's table in PROTOCOL.md ("States") and the rules on credit, written down
/// a second time and as simply as can be. What the state machine is compared with.
struct ServerModel {
    enum Phase {
        case awaitingHello
        case open
        case draining
        case drained
        /// After a violation, or closed.
        case over
    }

    /// What a frame leads to.
    enum Verdict: Equatable {
        case hello
        case run(stream: Bool)
        case cancel
        case add
        case ignore
        case pong
        case note
        case drained(close: Bool)
        /// GOAWAY with one of these reasons.
        case violation(Set<GoAwayReason>)
    }

    struct Call {
        var isStream: Bool
        /// What may still be sent, see CREDIT-1.
        var balance: Int
    }

    private(set) var phase = Phase.awaitingHello
    private(set) var maxInFlight: Int
    private(set) var calls: [UInt32: Call] = [:]
    private var pingWaits = false
    private var pongWaits = false

    init(maxInFlight: Int) {
        self.maxInFlight = maxInFlight
    }

    /// The table, SRV-1 to SRV-17; the frame has passed the rules of frames.
    mutating func receive(_ frame: FrameScript.Frame) -> Verdict {
        if phase == .awaitingHello { return frame.type == 1 ? .hello : breach() }
        switch frame.type {
        case 2: return request(frame)
        case 5: return credit(frame)
        case 6:
            guard isInRange(frame.id) else { return breach() }
            return calls[frame.id] == nil ? .ignore : .cancel
        case 7:
            if pongWaits { return breach() }
            pongWaits = true
            return .pong
        case 8:
            if !pingWaits { return breach() }
            pingWaits = false
            return .note
        case 10:
            if phase == .drained { return breach() }
            phase = .drained
            return .drained(close: calls.isEmpty)
        default: return breach()
        }
    }

    /// HELLO-9: the smaller of both sides'.
    mutating func acceptHello(maxInFlight: UInt16?) {
        self.maxInFlight = min(self.maxInFlight, maxInFlight.map(Int.init) ?? .max)
        phase = .open
    }

    mutating func end() { phase = .over }

    /// A call is answered. Whether a RESPONSE is sent, and whether it is the last of the connection (SRV-18).
    mutating func respond(slot: UInt32) -> (isSent: Bool, isLast: Bool) {
        guard phase != .over, calls.removeValue(forKey: slot) != nil else { return (false, false) }
        return (true, phase == .drained && calls.isEmpty)
    }

    /// Whether an ITEM may be sent now; takes its cost (CREDIT-1).
    mutating func sendItem(slot: UInt32, length: UInt32) -> Bool {
        guard var call = calls[slot], call.isStream, call.balance > 0 else { return false }
        call.balance -= max(64, Int(length))
        calls[slot] = call
        return true
    }

    mutating func startDrain() -> Bool {
        guard phase == .open else { return false }
        phase = .draining
        return true
    }

    mutating func startPing() -> Bool {
        guard phase != .awaitingHello, phase != .over, !pingWaits else { return false }
        pingWaits = true
        return true
    }

    /// What was written has been handed to the network.
    mutating func flushed() { pongWaits = false }

    private func isInRange(_ slot: UInt32) -> Bool { (1...maxInFlight).contains(Int(slot)) }

    private mutating func breach(_ reasons: Set<GoAwayReason> = [.protocolError]) -> Verdict {
        phase = .over
        return .violation(reasons)
    }

    private mutating func request(_ frame: FrameScript.Frame) -> Verdict {
        // REQ-2.
        let isCreditRight = frame.isStream ? frame.credit < 1 << 31 : frame.credit == 0
        let creditReasons: Set<GoAwayReason> = isCreditRight ? [] : [.flowControl]
        guard phase != .drained, isInRange(frame.id), calls[frame.id] == nil else {
            return breach(creditReasons.union([.protocolError]))
        }
        guard isCreditRight else { return breach(creditReasons) }
        calls[frame.id] = Call(isStream: frame.isStream, balance: Int(frame.credit))
        return .run(stream: frame.isStream)
    }

    private mutating func credit(_ frame: FrameScript.Frame) -> Verdict {
        guard isInRange(frame.id) else { return breach() }
        guard let call = calls[frame.id] else { return .ignore }
        // CREDIT-3 and CREDIT-4.
        guard call.isStream, call.balance + Int(frame.aux) < 1 << 31 else { return breach([.flowControl]) }
        calls[frame.id]?.balance += Int(frame.aux)
        return .add
    }
}
