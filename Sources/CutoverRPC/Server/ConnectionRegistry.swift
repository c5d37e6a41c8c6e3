internal import NIOCore
internal import CutoverLocking

/// The open connections of a server, and which of them are not set up yet.
final class ConnectionRegistry: Sendable {
    /// Whether a new connection is served.
    enum Admission: Sendable {
        /// It is.
        case accepted
        /// There are too many: tell it so.
        case overloaded
        /// There are far too many, or the server has shut down: close it.
        case closed
    }

    private struct State {
        var channels: [ObjectIdentifier: (channel: any Channel, mailbox: Mailbox<ServerEvent>)] = [:]
        /// Connections whose HELLO was not accepted yet, by number.
        var settingUp: [UInt64: Mailbox<ServerEvent>] = [:]
        /// No connection with a number below this is being set up any more.
        var firstSettingUp: UInt64 = 1
        var isShutDown = false
        var accepted: UInt64 = 0
        var refused: UInt64 = 0

        /// Takes the connection out that has been setting itself up for the longest time.
        mutating func takeOldestSettingUp() -> Mailbox<ServerEvent>? {
            while firstSettingUp <= accepted {
                defer { firstSettingUp += 1 }
                if let mailbox = settingUp.removeValue(forKey: firstSettingUp) { return mailbox }
            }
            return nil
        }
    }

    /// How many connections over the cap are told so, rather than closed without a word.
    private static let refusalHeadroom = 64

    private let state = Mutex(State())

    var count: Int { state.withLock { $0.channels.count } }

    /// Open connections, those ever taken, and those refused because there were too many.
    var counts: (open: Int, accepted: UInt64, refused: UInt64) {
        state.withLock { ($0.channels.count, $0.accepted, $0.refused) }
    }

    /// Judges a new connection. One that makes those being set up too many takes the place of the oldest of them: whoever
    /// opens connections and says nothing so loses his own, and a client that is quick still gets in.
    /// - Returns: with what was decided, the number of the connection, from 1 in the order in which they came.
    func add(
        _ channel: any Channel, mailbox: Mailbox<ServerEvent>, maxConnections: Int, maxSettingUp: Int
    ) -> (admission: Admission, number: UInt64) {
        let (admission, number, crowdedOut) = state.withLock { state -> (Admission, UInt64, Mailbox<ServerEvent>?) in
            let count = state.channels.count
            state.accepted &+= 1
            let number = state.accepted
            if count >= maxConnections { state.refused &+= 1 }
            let isHopeless = state.isShutDown || count >= maxConnections + Self.refusalHeadroom
            guard !isHopeless else { return (.closed, number, nil) }
            state.channels[ObjectIdentifier(channel)] = (channel, mailbox)
            guard count < maxConnections else { return (.overloaded, number, nil) }
            let crowdedOut = state.settingUp.count >= max(1, maxSettingUp) ? state.takeOldestSettingUp() : nil
            if crowdedOut != nil { state.refused &+= 1 }
            state.settingUp[number] = mailbox
            return (.accepted, number, crowdedOut)
        }
        // One that cannot be told any more is gone already.
        _ = crowdedOut?.post(.crowdedOut)
        return (admission, number)
    }

    /// The connection's HELLO was accepted.
    func setUp(number: UInt64) {
        state.withLock { state in _ = state.settingUp.removeValue(forKey: number) }
    }

    func remove(_ channel: any Channel, number: UInt64) {
        state.withLock { state in
            _ = state.channels.removeValue(forKey: ObjectIdentifier(channel))
            _ = state.settingUp.removeValue(forKey: number)
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
