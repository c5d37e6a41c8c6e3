import ArgumentParser
import CutoverModel

/// A kind of alarm on the command line, by its name in either case, with `-` or `_`.
struct AlarmKindArgument: Hashable, Sendable, ExpressibleByArgument {
    var kind: AlarmKind

    init?(argument: String) {
        let name = argument.uppercased().replacing("-", with: "_")
        guard let kind = AlarmKind.allKnown.first(where: { $0 != .unspecified && $0.name == name }) else { return nil }
        self.kind = kind
    }

    static var allValueStrings: [String] {
        AlarmKind.allKnown.filter { $0 != .unspecified }.map { $0.name.lowercased() }
    }
}
