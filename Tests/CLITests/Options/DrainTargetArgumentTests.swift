import ArgumentParser
import CutoverModel
import Testing

@testable import cutover

@Suite struct DrainTargetArgumentTests {
    @Test(
        arguments: [
            ("current", DrainTarget(point: .current)), ("APPLIED", DrainTarget(point: .applied)),
            ("gtid:0-1-4711,1-2-17", DrainTarget(point: .gtid, gtid: "0-1-4711,1-2-17")),
            ("time:2026-11-23T07:00:04Z", DrainTarget(point: .time, timeMs: 1_795_417_204_000)),
            ("time:2026-11-23T08:00:04.250+01:00", DrainTarget(point: .time, timeMs: 1_795_417_204_250)),
            ("time:1795417204", DrainTarget(point: .time, timeMs: 1_795_417_204_000)),
        ])
    func points(text: String, target: DrainTarget) throws {
        #expect(try DrainTargetArgument.parse(text) == target)
    }

    @Test(arguments: ["", "now", "gtid", "gtid:", "time", "time:", "time:noon", "current:1", "time:2026-11-23"])
    func whatIsNoPointIsRefused(text: String) {
        #expect(throws: ValidationError.self) { try DrainTargetArgument.parse(text) }
    }
}
