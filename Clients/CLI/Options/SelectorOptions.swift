import ArgumentParser
import CutoverModel

/// Which tasks, besides those named. The conditions are joined by "and".
struct SelectorOptions: ParsableArguments {
    @Option(
        name: .customLong("status"),
        help: ArgumentHelp("Tasks in this status; may be repeated: any of them.", valueName: "status"))
    var statuses: [StatusArgument] = []

    @Option(help: ArgumentHelp("Tasks whose name matches, with * and ?.", valueName: "glob"))
    var name = ""

    @Option(
        name: .customLong("label"),
        help: ArgumentHelp("Tasks with this label; may be repeated: all of them.", valueName: "key=value"))
    var labels: [LabelArgument] = []

    @Option(help: ArgumentHelp("Tasks created at least so long ago, such as 7d.", valueName: "age"))
    var olderThan: AgeArgument?

    @Option(help: ArgumentHelp("Tasks in their status for at least so long, such as 1d.", valueName: "age"))
    var unchangedFor: AgeArgument?

    @Flag(help: "Every task that has not ended.")
    var all = false

    /// The conditions, or nil when none was given.
    var selector: StopSelector? {
        let selector = StopSelector(
            statuses: statuses.map(\.status), nameGlob: name, labels: labels.map(\.label),
            minAgeMs: olderThan?.ms ?? 0, minUnchangedMs: unchangedFor?.ms ?? 0, all: all)
        return selector == StopSelector() ? nil : selector
    }
}
