import CutoverModel
import Yams

/// Writes field values as one YAML document, the fields in the order of the definition.
enum YAMLText {
    static func text(_ value: FieldValue, explicitStart: Bool = false) throws -> String {
        try Yams.serialize(node: node(value), width: -1, allowUnicode: true, explicitStart: explicitStart)
    }

    private static func node(_ value: FieldValue) -> Node {
        switch value {
        case .string(let string): text(string)
        case .bytes(let bytes): text(ReceiptRenderer.hex(bytes))
        case .enumeration(let name, _): text(name)
        case .uint(let number): Node(String(number), Tag(.int))
        case .int(let number): Node(String(number), Tag(.int))
        case .bool(let flag): Node(flag ? "true" : "false", Tag(.bool))
        case .double(let number): Node(String(number), Tag(.float))
        case .list(let values): Node(values.map(node), Tag(.seq), values.isEmpty ? .flow : .block)
        case .message(let fields):
            Node(fields.map { (Node($0.name), node($0.value)) }, Tag(.map), fields.isEmpty ? .flow : .block)
        }
    }

    /// A string is quoted when a reader would take it for something else, such as `on`, `1e3` or an empty value.
    private static func text(_ string: String) -> Node {
        let plain = Node(string)
        let staysText = Resolver.default.resolveTag(of: plain) == .str && !string.isEmpty
        let style: Node.Scalar.Style = string.contains("\n") ? .literal : staysText ? .any : .doubleQuoted
        return Node(string, Tag(.str), style)
    }
}
