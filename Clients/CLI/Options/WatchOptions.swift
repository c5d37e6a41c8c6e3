import ArgumentParser
import CutoverModel

/// Which tasks a watch is about, besides those named.
struct WatchOptions: ParsableArguments {
    @Option(
        name: .customLong("status"),
        help: ArgumentHelp(
            "Tasks that are in, or leave, this status; may be repeated: any of them.", valueName: "status"))
    var statuses: [StatusArgument] = []

    @Option(help: ArgumentHelp("Tasks whose name matches, with * and ?.", valueName: "glob"))
    var name = ""

    @Option(
        name: .customLong("label"),
        help: ArgumentHelp("Tasks with this label; may be repeated: all of them.", valueName: "key=value"))
    var labels: [LabelArgument] = []

    @Option(
        name: .customLong("stop-id"),
        help: ArgumentHelp("Tasks that carry this stop; may be repeated: any of them.", valueName: "id"))
    var stopIDs: [String] = []

    @Option(
        name: .customLong("batch"),
        help: ArgumentHelp("Tasks whose stop belongs to this batch, and the batch itself.", valueName: "id"))
    var batchID = ""

    var request: WatchTasksRequest {
        WatchTasksRequest(
            stopIds: stopIDs, batchId: batchID, statuses: statuses.map(\.status), nameGlob: name,
            labels: labels.map(\.label))
    }
}
