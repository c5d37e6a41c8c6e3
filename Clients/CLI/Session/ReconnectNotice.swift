import CutoverConsole
import Synchronization

/// Says once that the server was lost and is being looked for; the attempts after that are silent.
final class ReconnectNotice: Sendable {
    private let address: String
    private let attempts = Atomic<Int>(0)

    /// One attempt is no news: a server that is drained for an upgrade hands its watches over that way.
    private static let quietAttempts = 2

    init(address: String) {
        self.address = address
    }

    /// The line to print at this attempt, if any.
    func attempt() -> String? {
        let before = attempts.add(1, ordering: .relaxed).oldValue
        guard before == Self.quietAttempts else { return nil }
        let limit = DurationFormat.text(ms: UInt64(ConnectionOptions.reconnectTimeoutMs))
        return "cutover: lost the server at \(address); looking for it for up to \(limit)"
    }
}
