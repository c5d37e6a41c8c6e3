import ArgumentParser
import CutoverConsole
import CutoverModel

/// How to stop.
struct StopOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "auto, graceful or forced.",
            discussion: """
                graceful drains, then moves triggers and events; it is refused when the task cannot drain. forced \
                releases at once; triggers and events stay behind and are listed, and it needs --reason. auto forces a \
                broken task and stops a healthy one gracefully.
                """))
    var mode: StopModeArgument?

    @Flag(help: "As --mode graceful.")
    var graceful = false

    @Flag(help: "As --mode forced.")
    var force = false

    @Option(help: ArgumentHelp("Why, for the audit log.", valueName: "text"))
    var reason = ""

    @Flag(name: .shortAndLong, help: "Do not ask for confirmation.")
    var yes = false

    @Flag(exclusivity: .exclusive)
    var waiting = StopWaiting.detach

    @Option(
        help: ArgumentHelp(
            "Where to drain to: current, applied, gtid:POSITION or time:MOMENT.",
            discussion: """
                current is the source's position when the drain begins, applied the place where the destination \
                stands. A time is by the source's clock, such as time:2026-11-23T07:00:04Z, or seconds since 1970. \
                Without it current; applied for a paused task.
                """, valueName: "point"),
        transform: DrainTargetArgument.parse)
    var drainTo: DrainTarget?

    @Option(help: ArgumentHelp("How long the drain may take, such as 10m.", valueName: "duration"))
    var drainDeadline: DurationArgument?

    @Option(
        help: ArgumentHelp(
            "What happens when that has passed: keep-running, undrained or force.",
            discussion: """
                keep-running withdraws the stop and the task runs on (default); undrained moves triggers and events \
                and stops all the same; force goes on as a forced stop, and needs --reason.
                """, valueName: "policy"))
    var onDeadline: OnDeadlineArgument?

    @Option(
        help: ArgumentHelp(
            "refuse, or wait for the end of a repair that is under way, and stop then.", valueName: "policy"))
    var whenIllegal: WhenIllegalArgument?

    @Flag(help: "A trigger or event that cannot be created at the destination fails the stop.")
    var requireAllObjects = false

    @Option(
        name: .customLong("request-id"),
        help: ArgumentHelp(
            "UUID of this request: repeating it with the same id stops nothing twice.", valueName: "uuid"))
    var requestID = ""

    var terms: StopTerms {
        StopTerms(
            mode: resolvedMode, reason: reason, requiresAllObjects: requireAllObjects,
            drainTo: drainTo, drainDeadlineMs: drainDeadline?.ms ?? 0,
            onDeadline: onDeadline?.onDeadline ?? .unspecified, whenIllegal: whenIllegal?.whenIllegal ?? .unspecified,
            requestID: requestID)
    }

    private var resolvedMode: StopMode {
        if force { return .forced }
        if graceful { return .graceful }
        return mode?.mode ?? .auto
    }

    func validate() throws {
        guard [mode != nil, graceful, force].count(where: { $0 }) <= 1 else {
            throw ValidationError("Give one of --mode, --force and --graceful.")
        }
        let hasReason = !reason.allSatisfy(\.isWhitespace)
        if resolvedMode == .forced, !hasReason {
            throw ValidationError(
                "A forced stop needs --reason: it leaves triggers and events behind.")
        }
        if onDeadline == .force, !hasReason {
            throw ValidationError(
                "--on-deadline force needs --reason: the stop may end by force.")
        }
        if drainDeadline?.ms == 0 {
            throw ValidationError("--drain-deadline must be longer than 0; --drain-to applied stops without a drain.")
        }
    }
}
