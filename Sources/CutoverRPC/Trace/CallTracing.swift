internal import CutoverWire
internal import NIOCore
internal import Tracing

/// Spans around calls, by a tracer of swift-distributed-tracing; nothing where there is none.
///
/// A span is named for its method and carries the status; never a payload, an id or an error's text.
struct CallTracing: Sendable {
    /// nil where no tracer is there, so that a call costs nothing then.
    private let tracer: (any Tracer)?

    /// - Parameter tracer: nil takes the one that the process has installed by now.
    init(_ tracer: (any Tracer)?) {
        let installed = InstrumentationSystem.tracer
        self.tracer = tracer ?? (installed is NoOpTracer ? nil : installed)
    }

    /// Runs `body`, which sends a call.
    func withClientSpan<Answer: Sendable>(
        _ method: RPCMethod, _ body: @Sendable () async throws -> Answer
    ) async throws -> Answer {
        guard let tracer else { return try await body() }
        return try await tracer.withAnySpan(method.name, ofKind: .client) { span in
            await Self.noting(method, in: span, body)
        }.get()
    }

    /// Whether there is a tracer. Without one a served call need not pass through ``withServerSpan(_:_:)``.
    var isOn: Bool { tracer != nil }

    /// Runs `body`, which serves a call.
    func withServerSpan<Answer: Sendable>(
        _ call: CallContext, _ body: @Sendable () async throws -> Answer
    ) async throws -> Answer {
        guard let tracer else { return try await body() }
        var context = ServiceContext.topLevel
        tracer.extract(call.metadata, into: &context, using: MetadataExtractor())
        return try await tracer.withAnySpan(call.method.name, context: context, ofKind: .server) { span in
            await Self.noting(call.method, in: span, body)
        }.get()
    }

    /// What a call is sent with: `metadata` and the trace that it belongs to. What the caller has set itself stays.
    func outgoing(_ metadata: Metadata) -> Metadata {
        let inherited = CallInheritance.current
        let context = tracer == nil ? nil : ServiceContext.current
        guard inherited != nil || context != nil, !CallInheritance.hasTrace(metadata) else { return metadata }
        var result = metadata
        if let tracer, let context { tracer.inject(context, into: &result, using: MetadataInjector()) }
        if !CallInheritance.hasTrace(result) { inherited?.passTrace(into: &result) }
        return result
    }

    /// What `body` comes to, noted in its span. It is not thrown here: a span would record the error with its text.
    private static func noting<Answer: Sendable>(
        _ method: RPCMethod, in span: any Span, _ body: @Sendable () async throws -> Answer
    ) async -> Result<Answer, any Error> {
        let names = method.name.split(separator: "/", maxSplits: 1)
        span.attributes["rpc.system"] = "cutover"
        span.attributes["rpc.service"] = names.first.map(String.init)
        span.attributes["rpc.method"] = names.last.map(String.init)
        do {
            let answer = try await body()
            span.attributes["rpc.cutover.status_code"] = Int(RPCStatus.ok.rawValue)
            return .success(answer)
        } catch {
            let status = (error as? RPCError)?.status ?? (error is CancellationError ? .cancelled : .internal)
            span.attributes["rpc.cutover.status_code"] = Int(status.rawValue)
            span.setStatus(SpanStatus(code: .error))
            return .failure(error)
        }
    }
}

/// Lets a tracer write into metadata.
private struct MetadataInjector: Injector {
    func inject(_ value: String, forKey key: String, into carrier: inout Metadata) {
        // A trace that finds no room is left out: it is an aid, not a part of the call.
        try? carrier.append(key.lowercased(), value)
    }
}

/// Lets a tracer read metadata.
private struct MetadataExtractor: Extractor {
    func extract(key: String, from carrier: Metadata) -> String? {
        carrier.firstText(key.lowercased())
    }
}
