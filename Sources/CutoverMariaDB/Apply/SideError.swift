internal import CutoverTasks

/// A MariaDB error, with the side on which it came up.
struct SideError: Error {
    var isSource: Bool
    var error: MariaDBError

    var replicationError: ReplicationError {
        let side = isSource ? "source" : "destination"
        let code: ReplicationError.Code = error.isPrivilege ? .privilegeMissing : .applyFailed
        return ReplicationError(code, "The \(side) refused: \(error)")
    }

    /// Runs what talks to one side.
    static func on<Value>(isSource: Bool, _ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch let error as MariaDBError {
            throw SideError(isSource: isSource, error: error)
        }
    }
}
