import ArgumentParser

/// A duration on the command line: `500ms`, `90s`, `10m`, `1h30m`. Always with a unit.
struct DurationArgument: Hashable, Sendable, ExpressibleByArgument {
    /// The duration in milliseconds.
    var ms: UInt32

    /// The longest duration the wire can carry, about 49 days.
    static let limitMs = UInt64(UInt32.max)

    init(ms: UInt32) {
        self.ms = ms
    }

    init?(argument: String) {
        guard let ms = DurationFormat.parse(argument, limitMs: Self.limitMs) else { return nil }
        self.ms = UInt32(ms)
    }

    var defaultValueDescription: String { DurationFormat.text(ms: UInt64(ms)) }
}
