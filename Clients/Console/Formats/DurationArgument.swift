import ArgumentParser

/// A duration on the command line: `500ms`, `90s`, `10m`, `1h30m`. Always with a unit.
package struct DurationArgument: Hashable, Sendable, ExpressibleByArgument {
    /// The duration in milliseconds.
    package var ms: UInt32

    /// The longest duration the wire can carry, about 49 days.
    package static let limitMs = UInt64(UInt32.max)

    package init(ms: UInt32) {
        self.ms = ms
    }

    package init?(argument: String) {
        guard let ms = DurationFormat.parse(argument, limitMs: Self.limitMs) else { return nil }
        self.ms = UInt32(ms)
    }

    package var defaultValueDescription: String { DurationFormat.text(ms: UInt64(ms)) }
}
