public import CutoverWire

/// Is told how each call ended.
public protocol RPCCallObserver: Sendable {
    /// Whether it wants to know of calls that succeeded, too. Asked once, when the server starts.
    var observesSuccess: Bool { get }

    /// A call was answered, or ended without an answer because its connection did.
    ///
    /// Runs on the event loop and so must not block.
    func callEnded(_ call: RPCEndedCall)
}

/// How a call ended.
public struct RPCEndedCall: Sendable {
    /// nil for a method that is not served.
    public let method: RPCMethod?
    /// CANCELLED for a call whose connection ended first.
    public let status: RPCStatus
    /// As in ``RPCError/reason``; empty for a call that succeeded.
    public let reason: String
    /// Microseconds from the arrival of its first byte.
    public let elapsedUs: UInt64
    /// Who called; nil for a caller nobody asked.
    public let identity: String?
    /// Where the caller is: `host:port`, or `unix`.
    public let remoteAddress: String
    /// The connection's number, from 1 in the order in which they came.
    public let connection: UInt64
    /// The size of the request's message.
    public let requestBytes: Int
    /// The size of all messages of the answer.
    public let responseBytes: Int
    /// What the caller sent beside the message: text from the network, of any content.
    public let metadata: Metadata

    public init(
        method: RPCMethod?, status: RPCStatus, reason: String = "", elapsedUs: UInt64 = 0, identity: String? = nil,
        remoteAddress: String = "unix", connection: UInt64 = 1, requestBytes: Int = 0, responseBytes: Int = 0,
        metadata: Metadata = Metadata()
    ) {
        self.method = method
        self.status = status
        self.reason = reason
        self.elapsedUs = elapsedUs
        self.identity = identity
        self.remoteAddress = remoteAddress
        self.connection = connection
        self.requestBytes = requestBytes
        self.responseBytes = responseBytes
        self.metadata = metadata
    }
}
