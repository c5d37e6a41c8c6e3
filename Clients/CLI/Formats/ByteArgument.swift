import ArgumentParser

/// An amount of bytes on the command line: `8388608`, `8MiB`, `64K`.
struct ByteArgument: Hashable, Sendable, ExpressibleByArgument {
    var bytes: UInt64

    init?(argument: String) {
        guard let bytes = ByteFormat.parse(argument) else { return nil }
        self.bytes = bytes
    }
}
