import ArgumentParser

/// An amount of bytes on the command line: `8388608`, `8MiB`, `64K`.
package struct ByteArgument: Hashable, Sendable, ExpressibleByArgument {
    package var bytes: UInt64

    package init?(argument: String) {
        guard let bytes = ByteFormat.parse(argument) else { return nil }
        self.bytes = bytes
    }
}
