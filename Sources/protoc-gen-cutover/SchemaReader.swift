import CProtocPlugin

/// Copies the descriptors that protoc sends into a ``Schema``.
struct SchemaReader {
    private typealias FileProto = Google__Protobuf__FileDescriptorProto
    private typealias MessageProto = Google__Protobuf__DescriptorProto
    private typealias FieldProto = Google__Protobuf__FieldDescriptorProto
    private typealias EnumProto = Google__Protobuf__EnumDescriptorProto
    private typealias ServiceProto = Google__Protobuf__ServiceDescriptorProto
    private typealias MethodProto = Google__Protobuf__MethodDescriptorProto

    /// The field number of protobuf-c's options within field options.
    private static let protobufCFieldOptions: UInt32 = 1019
    /// The field number of `(cutover.v1.role)` within method options.
    private static let roleOption: UInt32 = 50750

    /// Leading comments by the path of what they belong to.
    private var comments: [[Int32]: String] = [:]

    /// The files to generate, of all those in the request.
    static func read(_ request: Google__Protobuf__Compiler__CodeGeneratorRequest) -> Schema {
        let wanted = Set(text(request.n_file_to_generate, request.file_to_generate))
        let files = pointees(request.n_proto_file, request.proto_file)
            .filter { wanted.contains(text($0.name)) }
            .map { SchemaReader(comments: comments(of: $0)).file($0) }
        return Schema(files: files)
    }

    private init(comments: [[Int32]: String]) {
        self.comments = comments
    }

    private static func comments(of file: FileProto) -> [[Int32]: String] {
        guard let info = file.source_code_info?.pointee else { return [:] }
        var result: [[Int32]: String] = [:]
        for location in pointees(info.n_location, info.location) where location.leading_comments != nil {
            guard let path = location.path else { continue }
            result[(0..<location.n_path).map { path[$0] }] = text(location.leading_comments)
        }
        return result
    }

    private func file(_ file: FileProto) -> Schema.File {
        let package = text(file.package)
        return Schema.File(
            name: text(file.name), package: package, syntax: text(file.syntax),
            enumerations: pointees(file.n_enum_type, file.enum_type).enumerated().map { index, value in
                enumeration(value, [5, Int32(index)])
            },
            messages: pointees(file.n_message_type, file.message_type).enumerated().map { index, value in
                message(value, package, [4, Int32(index)])
            },
            services: pointees(file.n_service, file.service).enumerated().map { index, value in
                service(value, package, [6, Int32(index)])
            })
    }

    private func enumeration(_ value: EnumProto, _ path: [Int32]) -> Schema.Enumeration {
        Schema.Enumeration(
            name: text(value.name), documentation: comments[path] ?? "",
            values: pointees(value.n_value, value.value).enumerated().map { index, member in
                Schema.Enumeration.Value(
                    name: text(member.name), documentation: comments[path + [2, Int32(index)]] ?? "",
                    number: member.number)
            })
    }

    private func message(_ value: MessageProto, _ package: String, _ path: [Int32]) -> Schema.Message {
        let nestedMessages = pointees(value.n_nested_type, value.nested_type).map {
            Schema.Message.NestedType(name: text($0.name), isMapEntry: $0.options?.pointee.map_entry ?? 0 != 0)
        }
        let nestedEnumerations = pointees(value.n_enum_type, value.enum_type).map {
            Schema.Message.NestedType(name: text($0.name), isMapEntry: false)
        }
        return Schema.Message(
            name: text(value.name), fullName: "\(package).\(text(value.name))", documentation: comments[path] ?? "",
            fields: pointees(value.n_field, value.field).enumerated().map { index, member in
                field(member, path + [2, Int32(index)])
            },
            oneofs: pointees(value.n_oneof_decl, value.oneof_decl).map { text($0.name) },
            nestedTypes: nestedMessages + nestedEnumerations)
    }

    private func field(_ value: FieldProto, _ path: [Int32]) -> Schema.Field {
        Schema.Field(
            name: text(value.name), documentation: comments[path] ?? "", number: value.number,
            kind: Self.kind(value),
            isRepeated: value.label == GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__LABEL__LABEL_REPEATED,
            isOptionalKeyword: value.has_proto3_optional != 0 && value.proto3_optional != 0,
            oneofIndex: value.has_oneof_index != 0 ? Int(value.oneof_index) : nil,
            hasStringAsBytes: Self.hasStringAsBytes(value))
    }

    private static func kind(_ value: FieldProto) -> Schema.Field.Kind {
        let typeName = String(text(value.type_name).drop { $0 == "." })
        return switch value.type {
        case GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_STRING: .string
        case GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_BYTES: .bytes
        case GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_UINT32: .uint32
        case GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_UINT64: .uint64
        case GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_INT32: .int32
        case GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_INT64: .int64
        case GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_BOOL: .bool
        case GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_DOUBLE: .double
        case GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_ENUM: .enumeration(typeName)
        case GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_MESSAGE: .message(typeName)
        default: .unsupported("descriptor type \(value.type.rawValue)")
        }
    }

    /// Whether `(pb_c_field).string_as_bytes` is true. The option is an extension, so it arrives as an unknown field:
    /// the length 2, then field 1 as a varint with the value 1.
    private static func hasStringAsBytes(_ value: FieldProto) -> Bool {
        guard let base = value.options?.pointee.base, let unknown = base.unknown_fields else { return false }
        return (0..<Int(base.n_unknown_fields)).contains { index in
            let option = unknown[index]
            return option.tag == protobufCFieldOptions
                && UnsafeBufferPointer(start: option.data, count: option.len).elementsEqual([2, 8, 1])
        }
    }

    private func service(_ value: ServiceProto, _ package: String, _ path: [Int32]) -> Schema.Service {
        Schema.Service(
            name: text(value.name), fullName: "\(package).\(text(value.name))", documentation: comments[path] ?? "",
            methods: pointees(value.n_method, value.method).enumerated().map { index, member in
                method(member, path + [2, Int32(index)])
            })
    }

    private func method(_ value: MethodProto, _ path: [Int32]) -> Schema.Method {
        let level = value.options?.pointee.idempotency_level
        let hasNoSideEffects = level == GOOGLE__PROTOBUF__METHOD_OPTIONS__IDEMPOTENCY_LEVEL__NO_SIDE_EFFECTS
        return Schema.Method(
            name: text(value.name), documentation: comments[path] ?? "",
            input: String(text(value.input_type).drop { $0 == "." }),
            output: String(text(value.output_type).drop { $0 == "." }),
            isClientStreaming: value.client_streaming != 0, isServerStreaming: value.server_streaming != 0,
            isIdempotent: level == GOOGLE__PROTOBUF__METHOD_OPTIONS__IDEMPOTENCY_LEVEL__IDEMPOTENT
                || hasNoSideEffects,
            hasNoSideEffects: hasNoSideEffects,
            role: Self.role(value))
    }

    /// The value of `(cutover.v1.role)`, an extension and so an unknown field too: a varint, of one byte for all there are.
    private static func role(_ value: MethodProto) -> UInt64 {
        guard let base = value.options?.pointee.base, let unknown = base.unknown_fields else { return 0 }
        for index in 0..<Int(base.n_unknown_fields) where unknown[index].tag == roleOption {
            guard unknown[index].len == 1, let number = unknown[index].data?.pointee, number < 0x80 else { return 0 }
            return UInt64(number)
        }
        return 0
    }
}

/// A C string, empty for none.
func text(_ pointer: UnsafeMutablePointer<CChar>?) -> String {
    pointer.map { String(cString: $0) } ?? ""
}

private func text(_ count: Int, _ items: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?) -> [String] {
    guard let items else { return [] }
    return (0..<count).map { text(items[$0]) }
}

private func pointees<Value>(
    _ count: Int, _ items: UnsafeMutablePointer<UnsafeMutablePointer<Value>?>?
) -> [Value] {
    guard let items else { return [] }
    return (0..<count).compactMap { items[$0]?.pointee }
}
