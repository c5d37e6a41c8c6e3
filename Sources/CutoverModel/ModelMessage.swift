/// A message whose fields can be listed without knowing its type, for output and for tests.
public protocol ModelMessage: Sendable, Hashable {
    /// The full name in the definition, such as `cutover.v1.Stop`.
    static var messageName: String { get }

    /// The fields in the order of the definition, named as there.
    ///
    /// Without defaults, only fields that differ from their default: what would be on the wire. With them, every field
    /// but absent messages.
    func fields(includingDefaults: Bool) -> [ModelField]
}

/// One field of a message.
public struct ModelField: Sendable, Hashable {
    /// The name in the definition, in snake case.
    public var name: String
    public var value: FieldValue

    public init(name: String, value: FieldValue) {
        self.name = name
        self.value = value
    }
}

/// The value of a field, whatever its type.
public indirect enum FieldValue: Sendable, Hashable {
    case string(String)
    case bytes([UInt8])
    case uint(UInt64)
    case int(Int64)
    case bool(Bool)
    case double(Double)
    /// The name without its prefix (a bare number when this version does not know it), and the number.
    case enumeration(name: String, number: Int32)
    case message([ModelField])
    case list([FieldValue])
}

/// An enumeration of the definition.
public protocol ModelEnumeration: Sendable, Hashable, RawRepresentable where RawValue == Int32 {
    init(rawValue: Int32)

    /// Every value that this version knows, in the order of the definition.
    static var allKnown: [Self] { get }

    /// The name in the definition without its prefix; a bare number when unknown.
    var name: String { get }
}

/// Collects fields for ``ModelMessage/fields(includingDefaults:)``. Generated code uses it.
struct FieldCollector {
    private let includingDefaults: Bool
    private(set) var fields: [ModelField] = []

    init(includingDefaults: Bool) {
        self.includingDefaults = includingDefaults
    }

    private mutating func add(_ name: String, isDefault: Bool, _ value: @autoclosure () -> FieldValue) {
        if isDefault, !includingDefaults { return }
        fields.append(ModelField(name: name, value: value()))
    }

    mutating func add(_ name: String, _ value: String) { add(name, isDefault: value.isEmpty, .string(value)) }
    mutating func add(_ name: String, _ value: [UInt8]) { add(name, isDefault: value.isEmpty, .bytes(value)) }
    mutating func add(_ name: String, _ value: UInt32) { add(name, isDefault: value == 0, .uint(UInt64(value))) }
    mutating func add(_ name: String, _ value: UInt64) { add(name, isDefault: value == 0, .uint(value)) }
    mutating func add(_ name: String, _ value: Int32) { add(name, isDefault: value == 0, .int(Int64(value))) }
    mutating func add(_ name: String, _ value: Int64) { add(name, isDefault: value == 0, .int(value)) }
    mutating func add(_ name: String, _ value: Bool) { add(name, isDefault: !value, .bool(value)) }
    mutating func add(_ name: String, _ value: Double) { add(name, isDefault: value == 0, .double(value)) }

    mutating func add(_ name: String, _ value: some ModelEnumeration) {
        add(name, isDefault: value.rawValue == 0, .enumeration(name: value.name, number: value.rawValue))
    }

    mutating func add(_ name: String, _ value: (some ModelMessage)?) {
        guard let value else { return }
        fields.append(
            ModelField(name: name, value: .message(value.fields(includingDefaults: includingDefaults))))
    }

    /// A repeated field.
    mutating func add<Element>(_ name: String, list: [Element], _ convert: (Element) -> FieldValue) {
        add(name, isDefault: list.isEmpty, .list(list.map(convert)))
    }

    mutating func add<Message: ModelMessage>(_ name: String, list: [Message]) {
        let includingDefaults = includingDefaults
        add(name, list: list) { .message($0.fields(includingDefaults: includingDefaults)) }
    }

    mutating func add<Enumeration: ModelEnumeration>(_ name: String, list: [Enumeration]) {
        add(name, list: list) { .enumeration(name: $0.name, number: $0.rawValue) }
    }
}
