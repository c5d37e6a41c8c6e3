/// The names that Prometheus accepts for metrics and labels (its documentation, "Metric names and labels").
enum MetricName {
    /// Names are cut at this length.
    static let maxBytes = 200

    /// `[a-zA-Z_:][a-zA-Z0-9_:]*`; any other byte becomes an underscore.
    static func metric(_ text: String) -> String {
        legal(text) { $0 == UInt8(ascii: ":") }
    }

    /// `[a-zA-Z_][a-zA-Z0-9_]*`; any other byte becomes an underscore. Names that Prometheus keeps for itself, `le` and those
    /// that begin with two underscores, are prefixed.
    static func label(_ text: String) -> String {
        let name = legal(text) { _ in false }
        return name == "le" || name.hasPrefix("__") ? "exported_" + name : name
    }

    private static func legal(_ text: String, alsoAllowed: (UInt8) -> Bool) -> String {
        var bytes = text.utf8.prefix(maxBytes).map { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                byte
            default: alsoAllowed(byte) ? byte : UInt8(ascii: "_")
            }
        }
        if let first = bytes.first {
            if (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) { bytes.insert(UInt8(ascii: "_"), at: 0) }
        } else {
            bytes = [UInt8(ascii: "_")]
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
