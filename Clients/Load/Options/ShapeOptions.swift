import ArgumentParser
import CutoverConsole

/// How many calls go at once, and for how long.
struct ShapeOptions: ParsableArguments {
    @Option(name: .shortAndLong, help: ArgumentHelp("Connections, 1 to 10000.", valueName: "count"))
    var connections = 1

    @Option(
        name: .customLong("in-flight"),
        help: ArgumentHelp("Calls in flight of each connection in a closed loop, 1 to 1024.", valueName: "count"))
    var inFlight = 16

    @Option(
        name: .customLong("in-flight-limit"),
        help: ArgumentHelp(
            "The most calls in flight at once in an open loop.",
            discussion: "Calls beyond it begin late; they are counted, and their latency shows it.", valueName: "count")
    )
    var inFlightLimit = 10_000

    @Option(name: .shortAndLong, help: ArgumentHelp("How long calls are measured, such as 10s.", valueName: "duration"))
    var duration = DurationArgument(ms: 10_000)

    @Option(help: ArgumentHelp("How long the load goes on before that, unmeasured.", valueName: "duration"))
    var warmUp = DurationArgument(ms: 2_000)

    @Option(help: ArgumentHelp("How long the load rises before the warm-up.", valueName: "duration"))
    var ramp = DurationArgument(ms: 0)

    var times: RunTimes {
        RunTimes(
            rampNs: UInt64(ramp.ms) * 1_000_000, warmUpNs: UInt64(warmUp.ms) * 1_000_000,
            durationNs: UInt64(duration.ms) * 1_000_000)
    }

    /// - Parameter rate: nil for a closed loop.
    func loop(rate: Double?) throws(UsageProblem) -> LoadLoop {
        let limits: [(String, Int, ClosedRange<Int>)] = [
            ("--connections", connections, 1...10_000), ("--in-flight", inFlight, 1...1_024),
            ("--in-flight-limit", inFlightLimit, 1...1_000_000),
        ]
        for (name, value, range) in limits where !range.contains(value) {
            throw UsageProblem("\(name) must be \(range.lowerBound) to \(range.upperBound)")
        }
        guard duration.ms >= 100 else { throw UsageProblem("--duration must be at least 100ms") }
        guard let rate else { return .closed(inFlight: inFlight) }
        guard rate.isFinite, rate >= 0.1, rate <= Schedule.maxRate else {
            throw UsageProblem("--rate must be 0.1 to \(CountFormat.grouped(UInt64(Schedule.maxRate))) calls a second")
        }
        return .open(rate: rate, limit: inFlightLimit)
    }
}
