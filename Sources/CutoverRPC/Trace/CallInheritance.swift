internal import CutoverWire
internal import NIOCore

/// What a call takes over from the call that is being served, when a handler makes it: the deadline, and the trace as it came,
/// for where no tracer makes a new one.
///
/// A task-local value of its own and not a key of `ServiceContext`: that is a dictionary, whose allocations for each served call
/// cost as much as the rest of the call.
struct CallInheritance: Sendable {
    /// What the running handler hands on; nil outside of handlers, and when there is nothing.
    @TaskLocal static var current: CallInheritance?

    let deadline: NIODeadline?
    let trace: [Metadata.Entry]

    /// What the handler of `call` hands on; nil when there is nothing.
    init?(_ call: CallContext) {
        trace = call.metadata.isEmpty ? [] : call.metadata.entries.filter(Self.isTrace)
        deadline = call.deadline
        if deadline == nil, trace.isEmpty { return nil }
    }

    /// The header fields of W3C Trace Context, which PROTOCOL.md reserves as metadata keys.
    private static func isTrace(_ entry: Metadata.Entry) -> Bool {
        entry.key == "traceparent" || entry.key == "tracestate"
    }

    static func hasTrace(_ metadata: Metadata) -> Bool {
        !metadata.isEmpty && metadata.entries.contains(where: isTrace)
    }

    /// The earlier one of a call's own deadline and the inherited one.
    /// - Parameter timeoutMs: 0 for none of its own.
    static func deadline(timeoutMs: UInt32) -> NIODeadline? {
        let own = timeoutMs == 0 ? nil : NIODeadline.now() + .milliseconds(Int64(timeoutMs))
        guard let inherited = current?.deadline else { return own }
        return own.map { min($0, inherited) } ?? inherited
    }

    /// Adds the trace that came with the served call.
    func passTrace(into metadata: inout Metadata) {
        // One that finds no room is left out: it is an aid, not a part of the call.
        for entry in trace { try? metadata.append(entry.key, entry.value) }
    }
}
