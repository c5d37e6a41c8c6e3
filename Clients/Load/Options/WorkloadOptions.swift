import ArgumentParser
import CutoverConsole

/// What the server is loaded with.
struct WorkloadOptions: ParsableArguments {
    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            "What each call does: \(LoadPlan.operationNames.joined(separator: ", ")).",
            discussion: "A mix names several with their weights, such as get=80,list=15,stop=5.", valueName: "name"))
    var workload = "echo"

    @Option(help: ArgumentHelp("Bytes of an echo, up to 1000000.", valueName: "bytes"))
    var payload = 128

    @Option(help: ArgumentHelp("Tasks on a page of the list, 1 to 1000.", valueName: "count"))
    var pageSize: UInt32 = 50

    @Option(help: ArgumentHelp("Tasks of a batch stop, 1 to 10000.", valueName: "count"))
    var batchSize = 100

    @Option(help: ArgumentHelp("Watchers of the watch workload, 1 to 100000.", valueName: "count"))
    var watchers = 10

    @Option(
        help: ArgumentHelp(
            "Tasks to prepare.",
            discussion: "Without it, as many as the rate can stop; 10000 in a closed loop, and 1000 to be read.",
            valueName: "count"))
    var tasks: Int?

    @Option(
        help: ArgumentHelp(
            "Where the choices of a mix begin; the same seed makes the same choices.", valueName: "number"))
    var seed: UInt64 = 1

    /// - Throws: ``UsageProblem`` for names and numbers that cannot be.
    func mix() throws(UsageProblem) -> OperationMix {
        var parts: [OperationMix.Part] = []
        for text in workload.split(separator: ",", omittingEmptySubsequences: false) {
            let halves = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(halves[0])
            guard LoadPlan.operationNames.contains(name) else {
                throw UsageProblem(
                    "there is no workload \"\(TextWidth.harmless(name))\"; there are "
                        + LoadPlan.operationNames.joined(separator: ", "))
            }
            guard !parts.contains(where: { $0.operation == name }) else {
                throw UsageProblem("--workload names \(name) twice")
            }
            let weight = halves.count > 1 ? UInt32(halves[1]) : 1
            guard let weight, (1...1_000_000).contains(weight) else {
                throw UsageProblem("the weight of \(name) must be a whole number from 1 to 1000000")
            }
            parts.append(.init(operation: name, weight: weight))
        }
        return OperationMix(parts, seed: seed)
    }

    func check() throws(UsageProblem) {
        let limits: [(String, Int, ClosedRange<Int>)] = [
            ("--payload", payload, 0...1_000_000), ("--page-size", Int(pageSize), 1...1_000),
            ("--batch-size", batchSize, 1...10_000), ("--watchers", watchers, 1...100_000),
            ("--tasks", tasks ?? 1, 1...TaskNeeds.maxTasks),
        ]
        for (name, value, range) in limits where !range.contains(value) {
            throw UsageProblem("\(name) must be \(range.lowerBound) to \(range.upperBound)")
        }
    }
}
