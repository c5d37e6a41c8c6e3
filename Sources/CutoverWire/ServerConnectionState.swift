/// The server's side of one connection: which frame is allowed when, and what follows from it.
///
/// A pure value: no channel, clock or promise. Each event is a method, each answer an action for the runtime to
/// carry out. The table in PROTOCOL.md, "Server states", is this type in words.
public struct ServerConnectionState: ~Copyable, Sendable {
    /// Where the connection stands; it only ever moves down this list.
    public enum Phase: UInt8, Sendable, Comparable {
        /// Nothing but the preface is read.
        case awaitingPreface
        /// Nothing but HELLO is read.
        case awaitingHello
        /// Calls are served.
        case open
        /// GOAWAY was sent; calls are still accepted until the client says DRAINED.
        case draining
        /// The client said DRAINED; it gets its remaining RESPONSEs.
        case drained
        /// Nothing more is parsed or answered.
        case closed

        public static func < (left: Phase, right: Phase) -> Bool { left.rawValue < right.rawValue }
    }

    /// What to do about a frame.
    public enum FrameAction: Sendable, Equatable {
        /// Decode the settings and call ``accept(_:)`` or ``fail()``.
        case hello
        /// Run the call in this slot; it is now busy.
        case request(slot: UInt32, isStream: Bool)
        /// Cancel the call in this slot.
        case cancel(slot: UInt32, CancelReason)
        /// Add credit to the stream in this slot.
        case credit(slot: UInt32, bytes: UInt32)
        /// Answer with a PONG of the same 8 bytes.
        case pong
        /// The PING sent was answered.
        case pingAnswered
        /// The client sends no more calls. Close when `closeNow`, else after the last RESPONSE.
        case drained(closeNow: Bool)
        /// Nothing: a legal race.
        case ignore
        /// End the connection; the state is closed.
        case violation(WireViolation)
    }

    /// What to do with a finished call's RESPONSE.
    public enum ResponseAction: Sendable, Equatable {
        /// Send it.
        case send
        /// Send it, and close: it was the last.
        case sendAndClose
        /// Drop it: the connection is closed, or the slot was answered before.
        case drop
    }

    public private(set) var phase: Phase = .awaitingPreface
    private var slots: SlotTable
    private var isPingUnanswered = false
    private var isPongUnsent = false

    /// A new connection that serves `maxInFlight` slots.
    public init(maxInFlight: UInt16) {
        slots = SlotTable(capacity: maxInFlight)
    }

    /// Calls that have no RESPONSE yet.
    public var inFlight: Int { slots.busyCount }

    /// The preface was read and is served.
    public mutating func receivedPreface() {
        if phase == .awaitingPreface { phase = .awaitingHello }
    }

    /// The client's settings were accepted.
    public mutating func accept(_ hello: Hello) {
        guard phase == .awaitingHello else { return }
        if let wanted = hello.maxInFlight, UInt32(wanted) < slots.capacity { slots.setCapacity(wanted) }
        phase = .open
    }

    /// Ends everything: nothing more is parsed.
    public mutating func fail() {
        phase = .closed
    }

    /// Judges a frame that has passed the rules of ``FrameHeader/violation(from:maxFrameBytes:)``.
    public mutating func received(_ header: FrameHeader) -> FrameAction {
        switch phase {
        case .open, .draining, .drained: break
        case .awaitingHello:
            guard header.type == .hello else { return fail(.protocolError, "the first frame is not HELLO") }
            return .hello
        case .awaitingPreface, .closed: return .ignore
        }
        switch header.type {
        case .request: return receivedRequest(header)
        case .cancel: return receivedCancel(header)
        case .credit: return receivedCredit(header)
        case .ping:
            guard !isPongUnsent else { return fail(.protocolError, "a second PING before the PONG") }
            isPongUnsent = true
            return .pong
        case .pong:
            guard isPingUnanswered else { return fail(.protocolError, "PONG without a PING") }
            isPingUnanswered = false
            return .pingAnswered
        case .drained:
            guard phase != .drained else { return fail(.protocolError, "a second DRAINED") }
            phase = .drained
            return .drained(closeNow: slots.busyCount == 0)
        case .hello: return fail(.protocolError, "a second HELLO")
        case .response, .item, .goAway, nil: return fail(.protocolError, "frame in the wrong direction")
        }
    }

    /// A call ended; its slot is free again.
    public mutating func respond(slot: UInt32) -> ResponseAction {
        guard phase != .closed, slots.release(slot) else { return .drop }
        return phase == .drained && slots.busyCount == 0 ? .sendAndClose : .send
    }

    /// The server wants to drain. True when GOAWAY is to be sent now.
    public mutating func startDrain() -> Bool {
        guard phase == .open else { return false }
        phase = .draining
        return true
    }

    /// The server wants to send a PING. False when one is unanswered, or the connection is not set up.
    public mutating func startPing() -> Bool {
        guard phase >= .open, phase != .closed, !isPingUnanswered else { return false }
        isPingUnanswered = true
        return true
    }

    /// All that was written has been handed to the network: the client may ping again.
    public mutating func flushed() {
        isPongUnsent = false
    }

    private mutating func receivedRequest(_ header: FrameHeader) -> FrameAction {
        guard phase != .drained else { return fail(.protocolError, "REQUEST after DRAINED") }
        let isStream = header.flags & RequestFlags.stream != 0
        switch slots[header.id] {
        case .free:
            guard slots.occupy(header.id, as: isStream ? .stream : .unary) else { return .ignore }
            return .request(slot: header.id, isStream: isStream)
        case nil: return fail(.protocolError, "slot out of range")
        default: return fail(.protocolError, "slot is busy")
        }
    }

    private mutating func receivedCancel(_ header: FrameHeader) -> FrameAction {
        switch slots[header.id] {
        case nil: return fail(.protocolError, "slot out of range")
        case .free: return .ignore
        case .unary, .stream: return .cancel(slot: header.id, CancelReason(rawValue: header.aux) ?? .user)
        }
    }

    private mutating func receivedCredit(_ header: FrameHeader) -> FrameAction {
        switch slots[header.id] {
        case nil: return fail(.protocolError, "slot out of range")
        case .free: return .ignore
        case .unary: return fail(.flowControl, "CREDIT for a call that is not a stream")
        case .stream: return .credit(slot: header.id, bytes: header.aux)
        }
    }

    private mutating func fail(_ reason: GoAwayReason, _ text: StaticString) -> FrameAction {
        phase = .closed
        return .violation(WireViolation(reason, text))
    }
}
