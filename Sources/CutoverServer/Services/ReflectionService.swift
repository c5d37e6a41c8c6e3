import CutoverModel
internal import CutoverProto
internal import CutoverRPC
internal import CutoverServices

/// Lists what is served, for tools that were built without the schema.
struct ReflectionService: ReflectionHandler {
    private let response: ListMethodsResponse

    /// - Parameter methods: All that are served; those of this service are added.
    init(methods: [RPCMethod]) {
        let all = (methods + ReflectionMethods.all).sorted { $0.name < $1.name }
        response = ListMethodsResponse(
            methods: all.map { method in
                MethodDescription(
                    name: method.name, id: method.id, stream: method.kind == .serverStream,
                    idempotent: method.isIdempotent, role: method.role.name)
            }, fileDescriptorSet: SchemaDescriptors.fileDescriptorSet)
    }

    func list(_ request: ListMethodsRequest, context: CallContext) throws -> ListMethodsResponse { response }
}
