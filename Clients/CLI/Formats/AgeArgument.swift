import ArgumentParser
import CutoverConsole

/// How long ago something was, on the command line: `12h`, `7d`. Always with a unit.
struct AgeArgument: Hashable, Sendable, ExpressibleByArgument {
    /// The age in milliseconds.
    var ms: UInt64

    /// The longest age, a hundred years.
    static let limitMs: UInt64 = 36_525 * 86_400_000

    init?(argument: String) {
        guard let ms = DurationFormat.parse(argument, limitMs: Self.limitMs), ms > 0 else { return nil }
        self.ms = ms
    }
}
