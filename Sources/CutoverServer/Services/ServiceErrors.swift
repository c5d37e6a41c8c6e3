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
        case let error as ReplicationError: rpcError(error)
        case let error as PasswordError:
            RPCError(.invalidArgument, error.description, reason: "PASSWORD")
        case LedgerError.unknownTask: unknownTask
        case LedgerError.contended:
            RPCError(
                .aborted, "The task changed too often while it was written. Try again.", reason: "CONTENDED",
                retryAfterMs: 100)
        case LedgerError.stale: replacedStop
        case ResidueError.underWay:
            RPCError(
                .aborted,
                "The residue of this task is being finished for another request. Try again when it has ended.",
                reason: "RESIDUE_UNDER_WAY", retryAfterMs: 1_000)
        case is CancellationError: RPCError(.cancelled, "The call was cancelled.")
        default: RPCError(.internal, "An unexpected failure of kind \(type(of: error)). See the server's log.")
        }
    }

    static let unknownTask = RPCError(.notFound, "There is no task with this id.", reason: "UNKNOWN_TASK")

    static let unknownStop = RPCError(.notFound, "There is no stop with this id.", reason: "UNKNOWN_STOP")

    static let replacedStop = RPCError(
        .failedPrecondition, "The task has another stop by now. Look at the task.", reason: "STOP_REPLACED")

    static let planChanged = RPCError(
        .aborted, "The plan would be another one now. Plan the stop again and look at it.", reason: "PLAN_CHANGED",
        retryAfterMs: RPCError.neverRetry)

    static func invalid(_ message: String, reason: String = "INVALID_FIELD") -> RPCError {
        RPCError(.invalidArgument, message, reason: reason)
    }

    static func info(_ error: RPCError) -> ErrorInfo {
        ErrorInfo(message: error.message, reason: error.reason, details: error.details)
    }

    private static func rpcError(_ refusal: Refusal) -> RPCError {
        if refusal.reason == .roleMissing {
            return RPCError(
                .permissionDenied, refusal.explanation, reason: refusal.reason.rawValue,
                details: [ErrorDetail(key: "role", value: "force")], isNotExecuted: true,
                retryAfterMs: RPCError.neverRetry)
        }
        let status: RPCStatus = refusal.reason == .reasonRequired ? .invalidArgument : .failedPrecondition
        return RPCError(status, refusal.explanation, reason: refusal.reason.rawValue)
    }

    private static func rpcError(_ error: ReplicationError) -> RPCError {
        let status: RPCStatus =
            switch error.code {
            case .sourceUnreachable, .destinationUnreachable: .unavailable
            case .timedOut: .deadlineExceeded
            default: .failedPrecondition
            }
        return RPCError(status, error.message, reason: error.code.rawValue)
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
        case .noSuchPage: invalid("page_token is none that this server gave. Begin without one.")
        case .corrupt: RPCError(.dataLoss, error.message, reason: "STORE_CORRUPT")
        default: RPCError(.internal, error.message, reason: "STORE_FAILED")
        }
    }
}
