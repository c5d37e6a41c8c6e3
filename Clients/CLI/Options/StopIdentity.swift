import ArgumentParser
import CutoverClient
import CutoverModel

/// Which stop is meant: that of a task, or one by its own id.
struct StopIdentity: ParsableArguments {
    @Argument(help: "Id of a task, or of a stop.")
    var id: String?

    @Option(name: .customLong("stop-id"), help: ArgumentHelp("Id of a stop.", valueName: "stop"))
    var stopID: String?

    func validate() throws {
        guard (id == nil) != (stopID == nil) else {
            throw ValidationError("Name one task, or one stop by --stop-id.")
        }
    }

    /// The stop by its id, or that of the task; if there is no such task, the stop that has the id of the argument.
    func find(_ client: CutoverClient) async throws(CutoverError) -> StopTaskResponse {
        if let stopID { return try await client.getStop(stopID: stopID) }
        let id = id ?? ""
        let first: CutoverError
        do {
            return try await client.getStop(taskID: id)
        } catch {
            first = error
        }
        guard first.code == .notFound else { throw first }
        do {
            return try await client.getStop(stopID: id)
        } catch {
            // About a task the server says more: whether it is unknown or only has no stop.
            throw error.code == .notFound ? first : error
        }
    }
}
