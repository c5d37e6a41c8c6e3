public import CutoverModel
public import CutoverWire

/// One fact about a failed call.
public typealias RPCErrorDetail = ErrorDetail

/// Why a call failed: thrown by handlers, sent in a RESPONSE, thrown by the client.
///
/// Whatever a handler puts in is shown to the caller, so none of it may hold a secret or SQL.
public struct RPCError: Error, Sendable, Hashable {
    /// The kind of failure; never `.ok`.
    public var status: RPCStatus
    /// What happened and what to do about it, for people; cut at 1,024 bytes on the wire.
    public var message: String
    /// A stable, machine-readable reason in upper snake case, or empty.
    public var reason: String
    /// Further facts; at most 32 are sent.
    public var details: [RPCErrorDetail]
    /// Nothing of the call was run, so that it may be sent again, to any server, even when it is not idempotent.
    public var isNotExecuted: Bool
    /// How long to wait before another attempt, in milliseconds; nil is no hint, ``neverRetry`` forbids it.
    public var retryAfterMs: UInt32?

    public init(
        _ status: RPCStatus, _ message: String, reason: String = "", details: [RPCErrorDetail] = [],
        isNotExecuted: Bool = false, retryAfterMs: UInt32? = nil
    ) {
        self.status = status == .ok ? .unknown : status
        self.message = message
        self.reason = reason
        self.details = details
        self.isNotExecuted = isNotExecuted
        self.retryAfterMs = retryAfterMs
    }

    /// The ``retryAfterMs`` that says: another attempt cannot help.
    public static let neverRetry = WireLimits.neverRetry

    /// Reasons that the runtime itself gives or looks at.
    public enum Reason {
        /// The payload is not a message of the method's type. Counted as a fault of the peer.
        public static let malformedPayload = "MALFORMED_PAYLOAD"
        /// Unpacking the payload would take more memory than its size allows. Counted as a fault of the peer.
        public static let unpackBudget = "UNPACK_BUDGET"
        /// The metadata breaks the rules. Counted as a fault of the peer.
        public static let badMetadata = "BAD_METADATA"
        /// The server has no such method.
        public static let unknownMethod = "UNKNOWN_METHOD"
        /// The method is a stream and was called as unary, or the other way round.
        public static let wrongKind = "WRONG_CALL_KIND"
        /// Too many handlers run already.
        public static let overloaded = "OVERLOADED"
        /// The deadline passed before the handler began.
        public static let expiredInQueue = "EXPIRED_IN_QUEUE"
        /// The message is larger than the peer accepts.
        public static let messageTooLarge = "MESSAGE_TOO_LARGE"
        /// The connection ended before the answer came.
        public static let connectionLost = "CONNECTION_LOST"
        /// No connection could be made.
        public static let connectFailed = "CONNECT_FAILED"
        /// The server or the client is shutting down.
        public static let shuttingDown = "SHUTTING_DOWN"
        /// The caller's role does not allow the call. Counted as a fault of the peer.
        public static let roleMissing = "ROLE_MISSING"
        /// The server does not accept who the client says it is.
        public static let credentialsRefused = "CREDENTIALS_REFUSED"
        /// No TLS connection could be made; the message says what to do.
        public static let tlsFailed = "TLS_FAILED"
        /// The client's own TLS options or files cannot be used.
        public static let tlsUnusable = "TLS_UNUSABLE"
    }

    /// Whether the failure shows a faulty or hostile client, so that many of them close its connection.
    var isPeerFault: Bool {
        switch status {
        case .permissionDenied, .unauthenticated: true
        case .invalidArgument, .unimplemented, .resourceExhausted:
            reason == Reason.malformedPayload || reason == Reason.unpackBudget || reason == Reason.badMetadata
                || reason == Reason.unknownMethod || reason == Reason.wrongKind
        default: false
        }
    }
}

extension RPCError: CustomStringConvertible {
    public var description: String {
        reason.isEmpty ? "\(status.name): \(message)" : "\(status.name) (\(reason)): \(message)"
    }
}
