import ArgumentParser
import CutoverModel

/// A task status on the command line, by its name in either case, with `-` or `_`.
struct StatusArgument: Hashable, Sendable, ExpressibleByArgument {
    var status: TaskStatus

    init?(argument: String) {
        let name = argument.uppercased().replacing("-", with: "_")
        guard let status = TaskStatus.allKnown.first(where: { $0 != .unspecified && $0.name == name }) else {
            return nil
        }
        self.status = status
    }

    static var allValueStrings: [String] {
        TaskStatus.allKnown.filter { $0 != .unspecified }.map { $0.name.lowercased() }
    }
}
