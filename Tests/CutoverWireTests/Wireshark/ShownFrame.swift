import TestVectors

/// How tshark shows the fields of a frame that a vector names.
enum ShownFrame {
    private static let types = [
        "0x01": "HELLO", "0x02": "REQUEST", "0x03": "RESPONSE", "0x04": "ITEM", "0x05": "CREDIT", "0x06": "CANCEL",
        "0x07": "PING", "0x08": "PONG", "0x09": "GOAWAY", "0x0a": "DRAINED",
    ]

    /// The type behind a number as tshark writes it; nil for extensions.
    static func typeName(_ number: String) -> String? { types[number.lowercased()] }

    /// A field of tshark for each member of a vector's frame, by type where the same word means different things.
    private static let fields: [(member: String, type: String?, field: String)] = [
        ("slot", nil, "cutover.slot"), ("method", nil, "cutover.method"), ("stream", nil, "cutover.flags.stream"),
        ("idempotent", nil, "cutover.flags.idempotent"), ("timeout_ms", nil, "cutover.timeout_ms"),
        ("credit", nil, "cutover.credit"), ("payload", nil, "cutover.payload"), ("status", nil, "cutover.status"),
        ("retry_after_ms", nil, "cutover.retry_after_ms"), ("not_executed", nil, "cutover.flags.not_executed"),
        ("bytes", nil, "cutover.credit.bytes"), ("reason", "CANCEL", "cutover.cancel.reason"),
        ("reason", "GOAWAY", "cutover.goaway.reason"), ("opaque", nil, "cutover.ping.opaque"),
        ("grace_ms", nil, "cutover.goaway.grace_ms"), ("text", nil, "cutover.goaway.text"),
    ]

    private static let keyField = "cutover.metadata.key"
    private static let valueField = "cutover.metadata.value"

    static let fieldNames = fields.map(\.field) + [keyField, valueField]

    /// What each field must show for a frame.
    static func expected(_ frame: JSONValue) -> [String: [String]] {
        var result: [String: [String]] = [:]
        for (member, type, field) in fields where type == nil || frame["type"]?.string == type {
            guard let value = frame[member] else { continue }
            // As the client reads it, an unknown status is UNKNOWN; on the wire it is itself.
            if member == "status", value.int == 2 { continue }
            let text = value.string ?? value.int.map { "\($0)" } ?? (value.bool == true ? "1" : "0")
            result[field] = text.isEmpty ? [] : [text.lowercased()]
        }
        if let entries = frame["metadata"]?.array, !entries.isEmpty {
            let pairs = entries.compactMap { $0.array?.compactMap(\.string) }.filter { $0.count == 2 }
            result[keyField] = pairs.map { $0[0] }
            result[valueField] = pairs.map { $0[1].lowercased() }.filter { !$0.isEmpty }
        }
        return result
    }

    /// The values of a field without what versions of tshark write differently.
    static func normalised(_ values: [String]) -> [String] {
        values.map { value in
            let text = value.lowercased()
            if text == "true" { return "1" }
            if text == "false" { return "0" }
            return text.hasPrefix("0x") ? String(text.dropFirst(2)) : text
        }
    }
}
