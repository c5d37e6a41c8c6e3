/// Writes, for each service: its methods, the protocol of what serves it, its registration and its client.
enum ServicesEmitter {
    static func files(_ schema: Schema) -> [GeneratedFile] {
        schema.files.flatMap { file in
            file.services.map { service in
                var source = SourceText(generatedFrom: file.name)
                source.line()
                source.line("public import CutoverModel")
                source.line("import CutoverProto")
                source.line("public import CutoverRPC")
                emitMethods(service, &source)
                emitHandler(service, &source)
                emitRegistration(service, &source)
                emitClient(service, &source)
                return GeneratedFile(name: service.name + ".swift", content: source.text)
            }
        }
    }

    /// Methods with a fixed number are the small ones of the system: they are served on the event loop.
    private static func isInline(_ method: Schema.Method, _ service: Schema.Service) -> Bool {
        MethodIDs.fixed["\(service.fullName)/\(method.name)"] != nil && !method.isServerStreaming
    }

    /// A method without a role does not pass the lint; without the lint it would be served to nobody.
    private static func role(of method: Schema.Method) -> String {
        MethodRoles.name(of: method.role) ?? "unspecified"
    }

    private static func swift(_ method: Schema.Method) -> String {
        Naming.escaped(Naming.lowerCamel(method.name))
    }

    private static func emitMethods(_ service: Schema.Service, _ source: inout SourceText) {
        source.line()
        source.line("/// The methods of `\(service.fullName)`.")
        source.block("public enum \(service.name)Methods") { source in
            for method in service.methods {
                let name = "\(service.fullName)/\(method.name)"
                let kind = method.isServerStreaming ? "serverStream" : "unary"
                source.documentation(method.documentation, else: "`\(name)`.")
                source.line("public static let \(swift(method)) = RPCMethod(")
                source.line("    name: \"\(name)\", id: \(MethodIDs.id(of: name)), kind: .\(kind),")
                let effects = method.hasNoSideEffects ? ", hasNoSideEffects: true" : ""
                source.line("    isIdempotent: \(method.isIdempotent)\(effects), role: .\(role(of: method)))")
            }
            source.line()
            source.line("/// In the order of the definition.")
            let all = service.methods.map(swift).joined(separator: ", ")
            source.line("public static let all: [RPCMethod] = [\(all)]")
        }
    }

    private static func emitHandler(_ service: Schema.Service, _ source: inout SourceText) {
        source.line()
        source.documentation(service.documentation, else: "What serves `\(service.fullName)`.")
        source.block("public protocol \(service.name)Handler: Sendable") { source in
            for method in service.methods {
                let input = Naming.type(method.input)
                let output = Naming.type(method.output)
                let signature = "func \(swift(method))(_ request: \(input), context: CallContext"
                source.documentation(method.documentation, else: "`\(service.fullName)/\(method.name)`.")
                if method.isServerStreaming {
                    source.line("\(signature), writer: ItemWriter<\(output)>) async throws")
                } else if isInline(method, service) {
                    source.line("/// Runs on the event loop: it must not wait.")
                    source.line("\(signature)) throws -> \(output)")
                } else {
                    source.line("\(signature)) async throws -> \(output)")
                }
            }
        }
    }

    private static func emitRegistration(_ service: Schema.Service, _ source: inout SourceText) {
        let label = Naming.lowerCamel(service.name)
        source.line()
        source.block("extension RPCRouter") { source in
            source.line("/// Serves `\(service.fullName)`. Throws when one of its method ids is taken.")
            source.block("public mutating func register(\(label) handler: some \(service.name)Handler) throws") {
                for method in service.methods {
                    let input = Naming.type(method.input)
                    let reference = "\(service.name)Methods.\(swift(method))"
                    let call = "handler.\(swift(method))(request, context: context"
                    if method.isServerStreaming {
                        let writer = "ItemWriter<\(Naming.type(method.output))>"
                        $0.line("try registerStream(\(reference)) { (request: \(input), context, writer: \(writer)) in")
                        $0.line("    try await \(call), writer: writer)")
                    } else if isInline(method, service) {
                        $0.line("try registerInline(\(reference)) { (request: \(input), context) in")
                        $0.line("    try \(call))")
                    } else {
                        $0.line("try registerUnary(\(reference)) { (request: \(input), context) in")
                        $0.line("    try await \(call))")
                    }
                    $0.line("}")
                }
            }
        }
    }

    private static func emitClient(_ service: Schema.Service, _ source: inout SourceText) {
        source.line()
        source.line("/// Calls `\(service.fullName)`.")
        source.block("public struct \(service.name)Client: Sendable") { source in
            source.line("private let client: RPCClient")
            source.line()
            source.line("/// Calls go through `client`, which is not shut down with this value.")
            source.block("public init(client: RPCClient)") { $0.line("self.client = client") }
            for method in service.methods {
                let input = Naming.type(method.input)
                let output = Naming.type(method.output)
                let reference = "\(service.name)Methods.\(swift(method))"
                source.line()
                source.documentation(method.documentation, else: "`\(service.fullName)/\(method.name)`.")
                source.line("///")
                source.line(
                    method.isServerStreaming
                        ? "/// The call begins with the iteration, which throws `RPCError`."
                        : "/// Throws `RPCError`.")
                source.line("public func \(swift(method))(")
                source.line("    _ request: \(input), options: CallOptions = CallOptions()")
                if method.isServerStreaming {
                    source.block(") -> RPCMessageSequence<\(output)>") {
                        $0.line("client.messageStream(\(reference), request, options: options)")
                    }
                } else {
                    source.block(") async throws -> \(output)") {
                        $0.line("try await client.messageCall(\(reference), request, options: options)")
                    }
                }
            }
        }
    }
}
