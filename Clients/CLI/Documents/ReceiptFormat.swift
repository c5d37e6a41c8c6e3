import ArgumentParser

/// How a receipt is printed.
enum ReceiptFormat: String, CaseIterable, ExpressibleByArgument, Sendable {
    /// Text for people. Its form may change between versions.
    case table
    /// The same.
    case text
    /// One JSON document.
    case json
    /// One YAML document.
    case yaml
    /// One HTML page without scripts that loads nothing.
    case html
}
