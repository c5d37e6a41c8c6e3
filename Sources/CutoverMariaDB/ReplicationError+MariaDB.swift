internal import CutoverTasks

extension ReplicationError {
    /// Translates a failure of the engine.
    ///
    /// - Parameters:
    ///   - end: where it came up, if that is known.
    ///   - fallback: the code of a failure that is none of the general ones.
    static func from(_ error: any Error, at end: WorkerConnections.End?, fallback: Code) -> any Error {
        switch error {
        case is CancellationError, is ReplicationError: return error
        case let error as MariaDBError: return translated(error, end, fallback)
        default: return ReplicationError(fallback, "Unexpected failure: \(type(of: error)).")
        }
    }

    private static func translated(
        _ error: MariaDBError, _ end: WorkerConnections.End?, _ fallback: Code
    ) -> ReplicationError {
        let place = end.map { "The \($0.rawValue)" } ?? "A server"
        if error.isFenced {
            return ReplicationError(.fenced, "Another owner, or a stop, has taken this task over at the destination.")
        }
        if error.isPrivilege { return ReplicationError(.privilegeMissing, "\(place) refused: \(error)") }
        if error.isUnreachable {
            let code: Code = end == .source ? .sourceUnreachable : .destinationUnreachable
            return ReplicationError(code, "\(place) was lost: \(error)")
        }
        if error.code == .connectFailed, error.serverCode == 1040 {
            let code: Code = end == .source ? .sourceUnreachable : .destinationUnreachable
            return ReplicationError(code, "\(place) has no connection left: \(error)")
        }
        // 1412: a table was altered between snapshot and read; a new snapshot will do. Lock waits pass.
        let retriable = error.isLockWait || error.serverCode == 1412
        return ReplicationError(fallback, "\(place) refused: \(error)", isRetriable: retriable)
    }
}
