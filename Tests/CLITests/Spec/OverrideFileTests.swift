import CutoverModel
import Testing

@testable import CutoverConsole
@testable import cutover

@Suite struct OverrideFileTests {
    private let file = OverrideFile(name: "o.yaml")

    @Test func readsEveryField() throws {
        let overrides = try file.parse(
            """
            task-1:
              mode: forced
              reason: on
              drain_to: gtid:0-1-5
              drain_deadline_ms: 30s
              on_deadline: undrained
              require_all_objects: true
            task-2: {mode: graceful, drain_deadline_ms: 500}
            """)
        #expect(
            overrides == [
                StopOverride(
                    taskId: "task-1", mode: .forced, reason: "on", drainTo: DrainTarget(point: .gtid, gtid: "0-1-5"),
                    drainDeadlineMs: 30_000, onDeadline: .stopUndrained, requireAllObjects: true),
                StopOverride(taskId: "task-2", mode: .graceful, drainDeadlineMs: 500),
            ])
    }

    /// A field added to the message must be read here too, or be refused loudly.
    @Test func everyKeyOfTheMessageIsRead() {
        let values = ["mode": "auto", "drain_to": "current", "on_deadline": "force", "require_all_objects": "false"]
        let keys = StopOverride(drainTo: DrainTarget()).fields(includingDefaults: true).map(\.name)
        for key in keys where key != "task_id" {
            #expect(throws: Never.self, "\(key)") { try file.parse("a: {\(key): \(values[key] ?? "1")}") }
        }
    }

    @Test(
        arguments: [
            ("- a", "o.yaml:1: must be a map from the id of a task to its terms"),
            ("", "o.yaml: holds no overrides"),
            (
                "a: {mood: forced}",
                "o.yaml:1: unknown key \"mood\" in a. Did you mean \"mode\"? Known keys: mode, reason, "
                    + "drain_deadline_ms, on_deadline, require_all_objects, drain_to."
            ),
            ("a:\n  mode: hard", "o.yaml:2: mode must be one of auto, graceful, forced"),
            ("a: {on_deadline: later}", "o.yaml:1: on_deadline must be one of keep-running, undrained, force"),
            (
                "a: {drain_deadline_ms: 0}",
                "o.yaml:1: drain_deadline_ms must be milliseconds, or a duration such as 30s"
            ),
            ("a: {require_all_objects: perhaps}", "o.yaml:1: require_all_objects must be true or false"),
            ("a: {mode: auto}\na: {mode: forced}", "o.yaml:1: key given twice: a"),
        ])
    func whatIsWrongIsSaidWithItsPlace(yaml: String, problem: String) {
        #expect(throws: UsageProblem(problem)) { try file.parse(yaml) }
    }

    @Test func aDrainPointThatIsNoneIsSaidWithItsForms() {
        #expect {
            try file.parse("a: {drain_to: tomorrow}")
        } throws: { error in
            (error as? UsageProblem)?.description.hasPrefix("o.yaml:1: drain_to: give current, applied, gtid:") == true
        }
    }
}
