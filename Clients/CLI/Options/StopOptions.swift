import ArgumentParser
import CutoverModel

/// How to stop.
struct StopOptions: ParsableArguments {
    @Flag(help: "Drain, then move triggers and events; refused when the task cannot drain.")
    var graceful = false

    @Flag(help: "Release at once; triggers and events stay behind and are listed. Needs --reason.")
    var force = false

    @Option(help: ArgumentHelp("Why, for the audit log.", valueName: "text"))
    var reason = ""

    @Flag(name: .shortAndLong, help: "Do not ask for confirmation.")
    var yes = false

    @Flag(name: .shortAndLong, help: "Stay until each stop has ended, and show how it goes on.")
    var wait = false

    @Flag(help: "A trigger or event that cannot be created at the destination fails the stop.")
    var requireAllObjects = false

    @Option(help: ArgumentHelp("How long the drain may take, such as 10m.", valueName: "duration"))
    var drainDeadline: DurationArgument?

    @Option(
        name: .customLong("request-id"),
        help: ArgumentHelp(
            "UUID of this request: repeating it with the same id stops nothing twice.", valueName: "uuid"))
    var requestID = ""

    var values: StopOptionValues {
        StopOptionValues(
            mode: force ? .forced : graceful ? .graceful : .auto, reason: reason, isConfirmed: yes, waits: wait,
            requiresAllObjects: requireAllObjects, drainDeadlineMs: drainDeadline?.ms ?? 0, requestID: requestID)
    }

    func validate() throws {
        if force, graceful { throw ValidationError("Give --force or --graceful, not both.") }
        if force, reason.isEmpty {
            throw ValidationError(
                "--force needs --reason: it leaves triggers and events behind, and the audit log says why.")
        }
    }
}
