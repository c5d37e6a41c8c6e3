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
        var rest = argument[...]
        var total: UInt64 = 0
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            rest = rest.dropFirst(digits.count)
            let unit = rest.prefix { $0.isASCII && $0.isLetter }
            rest = rest.dropFirst(unit.count)
            guard let number = UInt64(digits), let size = Self.unitMs[String(unit)] else { return nil }
            let (product, tooLarge) = number.multipliedReportingOverflow(by: size)
            let (sum, overflow) = total.addingReportingOverflow(product)
            guard !tooLarge, !overflow, sum <= Self.limitMs else { return nil }
            total = sum
        }
        ms = UInt32(total)
    }

    var defaultValueDescription: String { DurationFormat.text(ms: UInt64(ms)) }

    private static let unitMs: [String: UInt64] = ["ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000]
}
