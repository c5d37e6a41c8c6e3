import ArgumentParser
import CutoverModel

/// A label on the command line: `key=value`.
struct LabelArgument: Hashable, Sendable, ExpressibleByArgument {
    var key: String
    var value: String

    init?(argument: String) {
        guard let equals = argument.firstIndex(of: "="), equals > argument.startIndex else { return nil }
        key = String(argument[..<equals])
        value = String(argument[argument.index(after: equals)...])
    }

    var label: TaskLabel { TaskLabel(key: key, value: value) }
}
