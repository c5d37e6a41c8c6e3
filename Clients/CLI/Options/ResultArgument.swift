import ArgumentParser
import CutoverModel

/// The result of one task of a batch on the command line, by its name in either case, with `-` or `_`.
struct ResultArgument: Hashable, Sendable, ExpressibleByArgument {
    var result: StopItemResult

    init?(argument: String) {
        let name = argument.uppercased().replacing("-", with: "_")
        guard let result = StopItemResult.allKnown.first(where: { $0 != .unspecified && $0.name == name }) else {
            return nil
        }
        self.result = result
    }

    static var allValueStrings: [String] {
        StopItemResult.allKnown.filter { $0 != .unspecified }.map { $0.name.lowercased() }
    }
}
