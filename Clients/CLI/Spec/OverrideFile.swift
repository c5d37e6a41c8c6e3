import ArgumentParser
import CutoverConsole
import CutoverModel
import Yams

/// Reads other terms for some tasks of a batch: a map from the id of a task to its terms.
///
/// The keys are those of the StopOverride message; the values are written as on the command line. An unknown key is an
/// error, never ignored: a misspelt `mode` would stop a task in another way than was meant.
struct OverrideFile: Sendable {
    /// The largest file that is read, in bytes: room for the most overrides of one batch.
    static let limitBytes = 4 << 20

    /// Named in errors, such as the path.
    var name: String

    /// Reads the file at a path, `-` for the standard input.
    static func load(path: String) throws(UsageProblem) -> [StopOverride] {
        let text = try YAMLFile.text(path: path, limitBytes: limitBytes)
        return try OverrideFile(name: YAMLFile.name(path: path)).parse(text)
    }

    /// Reads overrides from the text of a file, in its order.
    func parse(_ yaml: String) throws(UsageProblem) -> [StopOverride] {
        guard let root = try YAMLFile.root(of: yaml, name: name) else {
            throw UsageProblem("\(name): holds no overrides")
        }
        let reader = SpecNodeReader(file: name)
        guard case .mapping(let tasks) = root else {
            throw reader.error(root, "must be a map from the id of a task to its terms")
        }
        var overrides: [StopOverride] = []
        for (key, value) in tasks {
            let taskID = try reader.string(key, "the id of a task")
            overrides.append(try terms(value, taskID, reader))
        }
        return overrides
    }

    private static let keys =
        StopOverride().fields(includingDefaults: true).map(\.name).filter { $0 != "task_id" }
        + ["drain_to"]

    private func terms(_ node: Node, _ taskID: String, _ reader: SpecNodeReader) throws(UsageProblem) -> StopOverride {
        var override = StopOverride(taskId: taskID)
        try reader.readMap(node, of: taskID, knownKeys: Self.keys) { key, node throws(UsageProblem) in
            switch key {
            case "mode": override.mode = try choice(node, key, reader, as: StopModeArgument.self).mode
            case "reason": override.reason = try reader.string(node, key)
            case "drain_to": override.drainTo = try drainTo(node, key, reader)
            case "drain_deadline_ms": override.drainDeadlineMs = try deadline(node, key, reader)
            case "on_deadline":
                override.onDeadline = try choice(node, key, reader, as: OnDeadlineArgument.self).onDeadline
            case "require_all_objects": override.requireAllObjects = try flag(node, key, reader)
            default: throw reader.error(node, "\(key) is not supported by this version of the command")
            }
        }
        return override
    }

    private func choice<Choice: CaseIterable & RawRepresentable<String>>(
        _ node: Node, _ key: String, _ reader: SpecNodeReader, as type: Choice.Type
    ) throws(UsageProblem) -> Choice {
        let text = try reader.string(node, key).lowercased()
        guard let choice = Choice(rawValue: text) else {
            throw reader.error(node, "\(key) must be one of \(Choice.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return choice
    }

    private func drainTo(_ node: Node, _ key: String, _ reader: SpecNodeReader) throws(UsageProblem) -> DrainTarget {
        let text = try reader.string(node, key)
        do {
            return try DrainTargetArgument.parse(text)
        } catch {
            throw reader.error(node, "\(key): \(error.message)")
        }
    }

    /// Milliseconds as a number, or a duration with its unit.
    private func deadline(_ node: Node, _ key: String, _ reader: SpecNodeReader) throws(UsageProblem) -> UInt32 {
        let text = try reader.string(node, key)
        guard let ms = UInt32(text) ?? DurationArgument(argument: text)?.ms, ms > 0 else {
            throw reader.error(node, "\(key) must be milliseconds, or a duration such as 30s")
        }
        return ms
    }

    private func flag(_ node: Node, _ key: String, _ reader: SpecNodeReader) throws(UsageProblem) -> Bool {
        let text = try reader.string(node, key)
        guard let flag = Bool(text.lowercased()) else { throw reader.error(node, "\(key) must be true or false") }
        return flag
    }
}
