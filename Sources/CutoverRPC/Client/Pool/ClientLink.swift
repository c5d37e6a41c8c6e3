internal import NIOCore
internal import struct Synchronization.Atomic

/// An open connection of a client, as other threads see it.
final class ClientLink: PooledConnection {
    let endpoint: Int
    let channel: any Channel
    let mailbox: Mailbox<ClientEvent>
    private let calls = Atomic<Int>(0)
    private let setUp = Atomic<Bool>(false)

    init(endpoint: Int, channel: any Channel, mailbox: Mailbox<ClientEvent>) {
        self.endpoint = endpoint
        self.channel = channel
        self.mailbox = mailbox
    }

    var load: Int { calls.load(ordering: .relaxed) }

    var isEstablished: Bool { setUp.load(ordering: .relaxed) }

    /// The server's HELLO was accepted.
    func establish() { setUp.store(true, ordering: .relaxed) }

    /// Gives it a call. False when the connection is gone.
    func post(_ call: ClientCall) -> Bool {
        calls.wrappingAdd(1, ordering: .relaxed)
        return mailbox.post(.call(call))
    }

    /// A call has left it: it was answered, or it ended before it was sent.
    func callLeft() { calls.wrappingSubtract(1, ordering: .relaxed) }
}
