internal import NIOCore
internal import CutoverLocking

/// The open connections of a server.
final class ConnectionRegistry: Sendable {
    /// Whether a new connection is served.
    enum Admission: Sendable {
        case accepted
        /// There are too many: tell it so.
        case overloaded
        /// There are far too many, or the server has shut down: close it.
        case closed
    }

    private struct State {
        var channels: [ObjectIdentifier: (channel: any Channel, mailbox: Mailbox<ServerEvent>)] = [:]
        var isShutDown = false
        var accepted: UInt64 = 0
        var refused: UInt64 = 0
    }

    /// How many connections over the cap are told so, rather than closed without a word.
    private static let refusalHeadroom = 64

    private let state = Mutex(State())

    var count: Int { state.withLock { $0.channels.count } }

    /// Open connections, those ever taken, and those refused because there were too many.
    var counts: (open: Int, accepted: UInt64, refused: UInt64) {
        state.withLock { ($0.channels.count, $0.accepted, $0.refused) }
    }

    /// - Returns: with what was decided, the number of the connection, from 1 in the order in which they came.
    func add(
        _ channel: any Channel, mailbox: Mailbox<ServerEvent>, maxConnections: Int
    ) -> (admission: Admission, number: UInt64) {
        state.withLock { state in
            let count = state.channels.count
            state.accepted &+= 1
            let number = state.accepted
            if count >= maxConnections { state.refused &+= 1 }
            guard !state.isShutDown, count < maxConnections + Self.refusalHeadroom else { return (.closed, number) }
            state.channels[ObjectIdentifier(channel)] = (channel, mailbox)
            return (count < maxConnections ? .accepted : .overloaded, number)
        }
    }

    func remove(_ channel: any Channel) {
        state.withLock { state in
            _ = state.channels.removeValue(forKey: ObjectIdentifier(channel))
        }
    }

    /// Takes no further connection, and returns those there are.
    func shutDown() -> [(channel: any Channel, mailbox: Mailbox<ServerEvent>)] {
        state.withLock { state in
            state.isShutDown = true
            return Array(state.channels.values)
        }
    }
}
