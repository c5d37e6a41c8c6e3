import ArgumentParser
import CutoverConsole
import CutoverModel

/// How to stop many tasks at once.
struct BatchOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The most stops in progress at one time, 1 to 10000.", valueName: "count"))
    var maxParallel: UInt32?

    @Option(
        help: ArgumentHelp(
            "Begin no more stops when so many have failed or passed their deadline.", valueName: "count"))
    var stopAfterFailures: UInt32?

    @Flag(help: "Stop all of the tasks or, if one cannot be stopped, none. At most 10000.")
    var atomic = false

    @Flag(help: "Say what would become of each task, and change nothing.")
    var dryRun = false

    @Option(
        name: .customLong("override"),
        help: ArgumentHelp("Another mode for one of the tasks; may be repeated.", valueName: "task=mode"))
    var overrides: [OverrideArgument] = []

    @Option(
        help: ArgumentHelp("YAML file with other terms for some of the tasks.", valueName: "file"),
        completion: .file(extensions: ["yaml", "yml"]))
    var overrideFile: String?

    @Option(
        help: ArgumentHelp(
            "File with ids, one a line or separated by blanks; # begins a comment, - is the standard input.",
            valueName: "file"), completion: .file())
    var file: String?

    /// True when something was asked for that only a batch can do.
    var asksForBatch: Bool {
        maxParallel != nil || stopAfterFailures != nil || atomic || dryRun || !overrides.isEmpty || overrideFile != nil
            || file != nil
    }

    func validate() throws {
        if let maxParallel, !(1...10_000).contains(maxParallel) {
            throw ValidationError("--max-parallel is a number from 1 to 10000; without it there is no limit.")
        }
        if stopAfterFailures == 0 { throw ValidationError("--stop-after-failures is a number from 1 on.") }
        if atomic, maxParallel != nil || stopAfterFailures != nil {
            throw ValidationError(
                "--atomic accepts all stops at once: it goes with neither --max-parallel nor --stop-after-failures.")
        }
        let named = overrides.map(\.taskID)
        if Set(named).count < named.count { throw ValidationError("--override names a task twice.") }
    }

    /// The overrides of the file and of the options; an option replaces the mode that the file names for its task, and nothing else.
    func loadOverrides() throws(UsageProblem) -> [StopOverride] {
        var all: [StopOverride] = []
        if let overrideFile { all = try OverrideFile.load(path: overrideFile) }
        for option in overrides {
            let place = all.firstIndex { $0.taskId == option.taskID }
            if let place {
                all[place].mode = option.mode.mode
            } else {
                all.append(StopOverride(taskId: option.taskID, mode: option.mode.mode))
            }
        }
        return all
    }
}
