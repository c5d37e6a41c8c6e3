import CutoverModel
internal import CutoverRPC
internal import CutoverTasks
internal import CutoverWire

/// How what goes wrong inside becomes an answer on the wire: the one place where that is decided.
enum ServiceErrors {
    static func rpcError(_ error: any Error) -> RPCError {
        switch error {
        case let error as RPCError: error
        case let refusal as Refusal: rpcError(refusal)
        case let error as TaskStoreError: rpcError(error)
        case let error as PasswordError:
            RPCError(.invalidArgument, error.description, reason: "PASSWORD")
        case LedgerError.unknownTask: unknownTask
        case LedgerError.contended:
            RPCError(
                .aborted, "The task changed too often while it was written. Try again.", reason: "CONTENDED",
                retryAfterMs: 100)
        case is CancellationError: RPCError(.cancelled, "The call was cancelled.")
        default: RPCError(.internal, "An unexpected failure of kind \(type(of: error)). See the server's log.")
        }
    }

    static let unknownTask = RPCError(.notFound, "There is no task with this id.", reason: "UNKNOWN_TASK")

    static func invalid(_ message: String, reason: String = "INVALID_FIELD") -> RPCError {
        RPCError(.invalidArgument, message, reason: reason)
    }

    static func info(_ error: RPCError) -> ErrorInfo {
        ErrorInfo(message: error.message, reason: error.reason, details: error.details)
    }

    private static func rpcError(_ refusal: Refusal) -> RPCError {
        let status: RPCStatus = refusal.reason == .reasonRequired ? .invalidArgument : .failedPrecondition
        return RPCError(status, refusal.explanation, reason: refusal.reason.rawValue)
    }

    private static func rpcError(_ error: TaskStoreError) -> RPCError {
        switch error.code {
        case .full:
            RPCError(.resourceExhausted, error.message, reason: "STORE_FULL", retryAfterMs: 5_000)
        case .busy:
            RPCError(
                .resourceExhausted, error.message, reason: "STORE_BUSY", isNotExecuted: true, retryAfterMs: 100)
        case .closed:
            RPCError(.unavailable, "The server is shutting down.", reason: "SHUTTING_DOWN", isNotExecuted: true)
        case .corrupt: RPCError(.dataLoss, error.message, reason: "STORE_CORRUPT")
        default: RPCError(.internal, error.message, reason: "STORE_FAILED")
        }
    }
}
