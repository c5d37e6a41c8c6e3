public import CutoverModel
import CutoverRPC

/// Why a call to the server did not do what was asked.
///
/// The server's own words are in ``message`` and hold neither secrets nor SQL, so they may be logged and shown.
public struct CutoverError: Error, Sendable, Hashable {
    /// The kind of failure; decides what a program does next.
    public var code: Code
    /// A stable, machine-readable reason such as `TASK_STOPPED`; empty when the server gave none.
    public var reason: String
    /// What happened and what to do about it, for people.
    public var message: String
    /// Further facts as pairs; at most 32.
    public var details: [ErrorDetail]
    /// Whether the same call may succeed later without any change.
    public var isRetriable: Bool
    /// How long the server asks to wait before that, in milliseconds; nil when it did not say.
    public var retryAfterMs: UInt32?

    public init(
        _ code: Code, _ message: String, reason: String = "", details: [ErrorDetail] = [], isRetriable: Bool = false,
        retryAfterMs: UInt32? = nil
    ) {
        self.code = code
        self.message = message
        self.reason = reason
        self.details = details
        self.isRetriable = isRetriable
        self.retryAfterMs = retryAfterMs
    }

    /// A kind of failure. More may be added: a `switch` over codes needs a `default`.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Base: String {
            case rejected, notFound, invalidArgument, unavailable, deadlineExceeded, cancelled, permissionDenied
            case unauthenticated, alreadyExists, aborted, resourceExhausted, outOfRange, unimplemented, serverError
        }

        private let base: Base

        private init(_ base: Base) {
            self.base = base
        }

        /// The rules do not allow it in the task's present status; ``CutoverError/reason`` says which rule.
        public static let rejected = Code(.rejected)
        /// There is no such task or stop.
        public static let notFound = Code(.notFound)
        /// The request itself is wrong; sending it again cannot help.
        public static let invalidArgument = Code(.invalidArgument)
        /// The server cannot be reached, or does not take calls now.
        public static let unavailable = Code(.unavailable)
        /// No answer came in time. What was asked may have been done: repeat it with the same request id.
        public static let deadlineExceeded = Code(.deadlineExceeded)
        /// The calling task was cancelled.
        public static let cancelled = Code(.cancelled)
        /// The caller's role does not allow it.
        public static let permissionDenied = Code(.permissionDenied)
        /// The server does not know the caller.
        public static let unauthenticated = Code(.unauthenticated)
        /// It exists already with another content.
        public static let alreadyExists = Code(.alreadyExists)
        /// Something changed in between; look again and repeat.
        public static let aborted = Code(.aborted)
        /// The server has too much to do, or a limit is reached.
        public static let resourceExhausted = Code(.resourceExhausted)
        /// A revision or page that the server no longer has.
        public static let outOfRange = Code(.outOfRange)
        /// The server is of another version and does not offer this.
        public static let unimplemented = Code(.unimplemented)
        /// A fault in the server or in its answer.
        public static let serverError = Code(.serverError)

        /// The code in words, such as `not found`.
        public var description: String {
            var words = ""
            for character in base.rawValue {
                words += character.isUppercase ? " \(character.lowercased())" : String(character)
            }
            return words
        }
    }
}

extension CutoverError: CustomStringConvertible {
    public var description: String {
        let cause = reason.isEmpty ? "\(code)" : "\(code) (\(reason))"
        return message.isEmpty ? cause : "\(cause): \(message)"
    }
}

extension CutoverError {
    /// The error for what a call threw.
    init(_ error: any Error) {
        switch error {
        case let error as CutoverError: self = error
        case let error as RPCError: self.init(rpc: error)
        case is CancellationError: self.init(.cancelled, "the call was cancelled")
        // Anything else comes from below the protocol. Its text is left out: nobody has checked it for secrets.
        default: self.init(.serverError, "the call failed in an unexpected way (\(type(of: error)))")
        }
    }

    private init(rpc error: RPCError) {
        let code: Code
        switch error.status {
        case .failedPrecondition: code = .rejected
        case .notFound: code = .notFound
        case .invalidArgument: code = .invalidArgument
        case .unavailable: code = .unavailable
        case .deadlineExceeded: code = .deadlineExceeded
        case .cancelled: code = .cancelled
        case .permissionDenied: code = .permissionDenied
        case .unauthenticated: code = .unauthenticated
        case .alreadyExists: code = .alreadyExists
        case .aborted: code = .aborted
        case .resourceExhausted: code = .resourceExhausted
        case .outOfRange: code = .outOfRange
        case .unimplemented: code = .unimplemented
        case .ok, .unknown, .internal, .dataLoss: code = .serverError
        }
        let mayRepeat = error.retryAfterMs != RPCError.neverRetry
        self.init(
            code, error.message, reason: error.reason, details: error.details,
            isRetriable: mayRepeat && (error.isNotExecuted || Self.passing.contains(code)),
            retryAfterMs: mayRepeat ? error.retryAfterMs : nil)
    }

    /// Failures that pass by themselves. Every method of the service is idempotent, so repeating is always safe.
    private static let passing: Set<Code> = [.unavailable, .deadlineExceeded, .resourceExhausted, .aborted]
}
