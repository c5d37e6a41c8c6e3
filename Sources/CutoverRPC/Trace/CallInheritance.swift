internal import CutoverWire
internal import NIOCore
internal import Tracing

/// What a call takes over from the call that is being served, when a handler makes it: the deadline, and the trace as it came,
/// for where no tracer makes a new one.
enum CallInheritance {
    private enum DeadlineKey: ServiceContextKey {
        typealias Value = NIODeadline
    }

    private enum TraceKey: ServiceContextKey {
        typealias Value = [Metadata.Entry]
    }

    /// The header fields of W3C Trace Context, which PROTOCOL.md reserves as metadata keys.
    private static func isTrace(_ entry: Metadata.Entry) -> Bool {
        entry.key == "traceparent" || entry.key == "tracestate"
    }

    static func hasTrace(_ metadata: Metadata) -> Bool {
        metadata.entries.contains(where: isTrace)
    }

    /// What the handler of `call` hands on; nil when there is nothing.
    static func context(of call: CallContext) -> ServiceContext? {
        guard call.deadline != nil || hasTrace(call.metadata) else { return nil }
        var context = ServiceContext.topLevel
        context[DeadlineKey.self] = call.deadline
        context[TraceKey.self] = call.metadata.entries.filter(isTrace)
        return context
    }

    /// The earlier one of a call's own deadline and the inherited one.
    /// - Parameter timeoutMs: 0 for none of its own.
    static func deadline(timeoutMs: UInt32) -> NIODeadline? {
        let own = timeoutMs == 0 ? nil : NIODeadline.now() + .milliseconds(Int64(timeoutMs))
        guard let inherited = ServiceContext.current?[DeadlineKey.self] else { return own }
        return own.map { min($0, inherited) } ?? inherited
    }

    /// Adds the trace that came with the served call.
    static func passTrace(of context: ServiceContext, into metadata: inout Metadata) {
        for entry in context[TraceKey.self] ?? [] {
            // One that finds no room is left out: it is an aid, not a part of the call.
            try? metadata.append(entry.key, entry.value)
        }
    }
}
