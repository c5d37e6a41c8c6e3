/// The client's side of one connection: which frame is allowed when, and what follows from it.
///
/// A pure value: no channel, clock or promise. The table in PROTOCOL.md, "Client states", is this type in words.
public struct ClientConnectionState: ~Copyable, Sendable {
    /// Where the connection stands; it only ever moves down this list.
    public enum Phase: UInt8, Sendable, Comparable {
        /// HELLO was sent and not answered; 16 calls of 64 KiB may be sent already.
        case awaitingHello
        /// Calls are sent and answered.
        case open
        /// DRAINED was sent: only answers come.
        case drained
        /// Nothing more is parsed or sent.
        case closed

        public static func < (left: Phase, right: Phase) -> Bool { left.rawValue < right.rawValue }
    }

    /// What to do about a frame.
    public enum FrameAction: Sendable, Equatable {
        /// Decode the settings and call ``accept(_:)`` or ``fail()``.
        case hello
        /// The call in this slot ended; the slot is free again.
        case response(slot: UInt32)
        /// One message of the stream in this slot.
        case item(slot: UInt32)
        /// Answer with a PONG of the same 8 bytes.
        case pong
        /// The PING sent was answered.
        case pingAnswered
        /// The server drains: send DRAINED, open elsewhere.
        case drain
        /// The server ends the connection without answering; what was wrong is in the frame.
        case refused
        /// Close the connection and fail every call; the state is closed.
        case violation(WireViolation)
    }

    public private(set) var phase: Phase = .awaitingHello
    private let wantedInFlight: UInt16
    private var slots: SlotTable
    private var freeSlots: [UInt32] = []
    private var nextFreshSlot: UInt32 = 1
    private var isPingUnanswered = false
    private var isPongUnsent = false

    /// A new connection on which HELLO was sent with `maxInFlight`.
    public init(maxInFlight: UInt16) {
        wantedInFlight = maxInFlight
        slots = SlotTable(capacity: WireLimits.maxInFlightFloor)
    }

    /// Calls without a RESPONSE.
    public var inFlight: Int { slots.busyCount }

    /// The server's settings were accepted.
    public mutating func accept(_ hello: Hello) {
        guard phase == .awaitingHello else { return }
        slots.setCapacity(min(wantedInFlight, hello.maxInFlight ?? wantedInFlight))
        phase = .open
    }

    /// Ends everything: nothing more is parsed or sent.
    public mutating func fail() {
        phase = .closed
    }

    /// Takes a free slot for a new call. nil when none is free or no call may be sent.
    public mutating func open(isStream: Bool) -> UInt32? {
        guard phase < .drained else { return nil }
        let slot: UInt32
        if let reused = freeSlots.popLast() {
            slot = reused
        } else {
            guard nextFreshSlot <= slots.capacity else { return nil }
            slot = nextFreshSlot
            nextFreshSlot += 1
        }
        return slots.occupy(slot, as: isStream ? .stream : .unary) ? slot : nil
    }

    /// Judges a frame that has passed the rules of ``FrameHeader/violation(from:maxFrameBytes:)``.
    public mutating func received(_ header: FrameHeader) -> FrameAction {
        guard phase != .closed else { return .refused }
        if phase == .awaitingHello, header.type != .hello {
            guard header.type == .goAway else { return fail(.protocolError, "the first frame is not HELLO") }
        }
        switch header.type {
        case .hello:
            guard phase == .awaitingHello else { return fail(.protocolError, "a second HELLO") }
            return .hello
        case .response:
            guard slots.release(header.id) else { return fail(.protocolError, "RESPONSE on a free slot") }
            freeSlots.append(header.id)
            return .response(slot: header.id)
        case .item:
            guard slots[header.id] == .stream else { return fail(.protocolError, "ITEM without a stream") }
            return .item(slot: header.id)
        case .ping:
            guard !isPongUnsent else { return fail(.protocolError, "a second PING before the PONG") }
            isPongUnsent = true
            return .pong
        case .pong:
            guard isPingUnanswered else { return fail(.protocolError, "PONG without a PING") }
            isPingUnanswered = false
            return .pingAnswered
        case .goAway:
            guard GoAwayReason(rawValue: header.aux).isDrain, phase != .awaitingHello else {
                phase = .closed
                return .refused
            }
            return .drain
        case .request, .credit, .cancel, .drained, nil:
            return fail(.protocolError, "frame in the wrong direction")
        }
    }

    /// The client wants to send no more calls. True when DRAINED is to be sent now.
    public mutating func startDrain() -> Bool {
        guard phase == .open else { return false }
        phase = .drained
        return true
    }

    /// The client wants to send a PING. False when one is unanswered, or the connection is not set up.
    public mutating func startPing() -> Bool {
        guard phase == .open || phase == .drained, !isPingUnanswered else { return false }
        isPingUnanswered = true
        return true
    }

    /// All that was written has been handed to the network: the server may ping again.
    public mutating func flushed() {
        isPongUnsent = false
    }

    private mutating func fail(_ reason: GoAwayReason, _ text: StaticString) -> FrameAction {
        phase = .closed
        return .violation(WireViolation(reason, text))
    }
}
