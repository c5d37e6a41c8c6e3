import ArgumentParser

/// How data is printed.
enum OutputFormat: String, CaseIterable, ExpressibleByArgument, Sendable {
    /// Text and tables for people. Its form may change between versions.
    case table
    /// One JSON document; one per line for streams. Field names and enumeration names are those of the wire.
    case json
    /// One YAML document; streams separate them by `---`.
    case yaml
}
