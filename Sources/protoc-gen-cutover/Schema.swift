/// What the generator knows of the definitions: plain values, in the order of the files.
struct Schema {
    var files: [File]

    struct File {
        /// Such as `cutover/v1/stop.proto`.
        var name: String
        var package: String
        var syntax: String
        var enumerations: [Enumeration]
        var messages: [Message]
        var services: [Service]
    }

    struct Enumeration {
        var name: String
        var documentation: String
        var values: [Value]

        struct Value {
            var name: String
            var documentation: String
            var number: Int32
        }
    }

    struct Message {
        var name: String
        /// With the package: `cutover.v1.Stop`.
        var fullName: String
        var documentation: String
        var fields: [Field]
        var oneofs: [String]
        /// Types defined within the message, which the generator does not take; a map makes one too.
        var nestedTypes: [NestedType]

        struct NestedType {
            var name: String
            var isMapEntry: Bool
        }
    }

    struct Field {
        var name: String
        var documentation: String
        var number: Int32
        var kind: Kind
        var isRepeated: Bool
        var isOptionalKeyword: Bool
        var oneofIndex: Int?
        var hasStringAsBytes: Bool

        enum Kind: Hashable {
            case string, bytes, uint32, uint64, int32, int64, bool, double
            /// With the full name, such as `cutover.v1.Stop`.
            case enumeration(String)
            case message(String)
            /// Any other type, by its name.
            case unsupported(String)
        }
    }

    struct Service {
        var name: String
        var fullName: String
        var documentation: String
        var methods: [Method]
    }

    struct Method {
        var name: String
        var documentation: String
        /// Full names.
        var input: String
        var output: String
        var isClientStreaming: Bool
        var isServerStreaming: Bool
        var isIdempotent: Bool
        var hasNoSideEffects: Bool
        /// The number of the role that `option (role)` names; 0 for none.
        var role: UInt64
    }
}
