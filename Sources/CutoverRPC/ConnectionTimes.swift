internal import CutoverWire
internal import NIOCore

/// When things last happened on a connection; what is overdue follows from it.
struct ConnectionTimes {
    let opened: NIODeadline
    /// When bytes last came.
    var received: NIODeadline
    /// When the frame that is not complete yet began; nil between frames.
    var frameStarted: NIODeadline?
    /// When a call last began.
    var lastCall: NIODeadline
    /// When this side's PING was sent that nothing has followed.
    var pingSent: NIODeadline?
    /// When the peer's last PING came.
    var lastPeerPing: NIODeadline?
    /// When this side had nothing more to send; nil while it may have.
    var ended: NIODeadline?
    /// When the connection is old enough to be drained; nil never.
    private(set) var maximumAge: NIODeadline?
    private var lastBuffered = 0
    private var lastProgress: NIODeadline

    init(now: NIODeadline) {
        opened = now
        received = now
        lastCall = now
        lastProgress = now
    }

    /// Sets the greatest age, with up to a tenth more so that clients do not come back all at once.
    mutating func setMaximumAge(_ ageMs: UInt32) {
        guard ageMs != 0 else { return }
        let jitterMs = Int64.random(in: 0...Int64(ageMs / 10))
        maximumAge = opened + .milliseconds(Int64(ageMs) + jitterMs)
    }

    /// Notes how many bytes wait to be sent. True when none has left for `stallMs`.
    mutating func isStalled(bufferedBytes: Int, now: NIODeadline, stallMs: UInt32) -> Bool {
        if bufferedBytes == 0 || bufferedBytes < lastBuffered { lastProgress = now }
        lastBuffered = bufferedBytes
        return now - lastProgress > .milliseconds(Int64(stallMs))
    }

    /// How often a connection with these limits must be looked at: a quarter of the shortest, 10 ms to 1 s.
    static func tickInterval(for limits: WireLimits) -> TimeAmount {
        let shortest = [
            limits.handshakeDeadlineMs, limits.frameDeadlineMs, limits.idleMs, limits.outboundStallMs,
            limits.keepaliveMs == 0 ? .max : limits.keepaliveMs, limits.keepaliveTimeoutMs,
        ].min()
        return .milliseconds(Int64(min(max((shortest ?? 0) / 4, 10), 1_000)))
    }
}
