import ArgumentParser

/// The hash of a plan on the command line: 64 hexadecimal digits.
struct PlanHashArgument: Hashable, Sendable, ExpressibleByArgument {
    var bytes: [UInt8]

    init?(argument: String) {
        guard let bytes = HexText.bytes(argument), bytes.count == 32 else { return nil }
        self.bytes = bytes
    }
}
