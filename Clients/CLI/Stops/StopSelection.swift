import CutoverConsole
import CutoverModel

/// Which tasks are to be stopped, and how the batch of them is carried out.
struct StopSelection: Sendable, Hashable {
    /// Without duplicates, in the order given.
    var ids: [String] = []
    var selector: StopSelector?
    var overrides: [StopOverride] = []
    var maxParallel: UInt32 = 0
    var stopAfterFailures: UInt32 = 0
    var isAtomic = false

    /// The most tasks that one batch may name: the server's limit.
    static let namedLimit = 100_000

    /// What the arguments of a command name and select.
    static func load(
        given: [String], selector: SelectorOptions, batch: BatchOptions
    ) throws(UsageProblem) -> StopSelection {
        var all = given.filter { $0 != "-" }
        if given.contains("-") { all += try IDFile.load(path: "-") }
        if let file = batch.file { all += try IDFile.load(path: file) }
        var seen: Set<String> = []
        let selection = StopSelection(
            ids: all.filter { seen.insert($0).inserted }, selector: selector.selector,
            overrides: try batch.loadOverrides(), maxParallel: batch.maxParallel ?? 0,
            stopAfterFailures: batch.stopAfterFailures ?? 0, isAtomic: batch.atomic)
        guard !selection.ids.isEmpty || selection.selector != nil else {
            throw UsageProblem("there are no ids to stop")
        }
        guard selection.ids.count <= namedLimit else {
            throw UsageProblem(
                "At most \(namedLimit) tasks can be named at once, and \(selection.ids.count) were; "
                    + "a selector such as --status takes any number.")
        }
        return selection
    }

    /// What keeps the arguments from naming anything, or leaves nobody to ask; nil when they are good.
    static func problem(given: [String], file: String?, selector: StopSelector?, isConfirmed: Bool) -> String? {
        guard !given.isEmpty || file != nil || selector != nil else {
            return "Name tasks by their ids, in --file or, with -, on the standard input; "
                + "or select them, as by --status or --all."
        }
        if given.contains("-") || file == "-", !isConfirmed {
            return "Ids from the standard input leave nobody to ask: give --yes, or use --file."
        }
        return nil
    }
}
