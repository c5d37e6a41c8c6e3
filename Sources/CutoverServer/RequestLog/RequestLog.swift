internal import CoreMetrics
internal import CutoverMetrics
internal import CutoverRPC
internal import CutoverWire
internal import Dispatch
internal import Logging
internal import Synchronization

/// Writes one line for each call that ended: who, what, how it ended and how long it took; never what was said.
///
/// Lines are written on a queue of their own, so that a log that does not take them holds no connection up. What is over the
/// budget, or finds too many lines waiting, is only counted, and one line says how many there were.
final class RequestLog: RPCCallObserver {
    /// Lines that wait to be written.
    private static let maxWaiting = 1_000
    private static let suppressedTotal = "cutover_request_log_suppressed_total"

    private struct State {
        var budget: LineBudget
        var waiting: [RPCEndedCall] = []
        var isWriting = false
        var suppressed: UInt64 = 0
    }

    let observesSuccess: Bool
    private let logger: Logger
    private let state: Mutex<State>
    private let queue = DispatchQueue(label: "cutover.request-log")
    private let suppressedCounter: Counter
    private let nowMs: @Sendable () -> Int64

    /// - Parameter nowMs: a clock that only goes forward.
    init(
        observesSuccess: Bool, linesPerSecond: Int, logger: Logger, metrics: MetricsRegistry,
        nowMs: @escaping @Sendable () -> Int64 = {
            Int64(clamping: DispatchTime.now().uptimeNanoseconds / 1_000_000)
        }
    ) {
        self.observesSuccess = observesSuccess
        self.logger = logger
        self.nowMs = nowMs
        state = Mutex(State(budget: LineBudget(linesPerSecond: linesPerSecond)))
        metrics.describe(
            Self.suppressedTotal, "Calls that the request log left out, for being over its lines per second.")
        suppressedCounter = Counter(label: Self.suppressedTotal, factory: metrics)
    }

    func callEnded(_ call: RPCEndedCall) {
        let now = nowMs()
        let (startsWriting, startsReport) = state.withLock { state in
            guard state.waiting.count < Self.maxWaiting, state.budget.take(nowMs: now) else {
                state.suppressed += 1
                return (false, state.suppressed == 1)
            }
            state.waiting.append(call)
            defer { state.isWriting = true }
            return (!state.isWriting, false)
        }
        if startsWriting { queue.async { self.write() } }
        if startsReport { queue.asyncAfter(deadline: .now() + 1) { self.report() } }
    }

    /// Returns when everything that was taken is written.
    func flush() async {
        await withCheckedContinuation { continuation in
            queue.async {
                self.write()
                self.report()
                continuation.resume()
            }
        }
    }

    private func write() {
        while true {
            let calls = state.withLock { state in
                let calls = state.waiting
                state.waiting.removeAll(keepingCapacity: true)
                if calls.isEmpty { state.isWriting = false }
                return calls
            }
            if calls.isEmpty { return }
            for call in calls { logger.log(level: Self.level(call.status), "call", metadata: Self.fields(call)) }
        }
    }

    private func report() {
        let suppressed = state.withLock { state in
            defer { state.suppressed = 0 }
            return state.suppressed
        }
        guard suppressed > 0 else { return }
        suppressedCounter.increment(by: suppressed)
        logger.warning(
            "calls were left out of the request log",
            metadata: [
                "calls": "\(suppressed)", "hint": "raise request_log_lines_per_second, or see cutover_rpc_calls_total",
            ])
    }

    /// What points to a fault of the server itself stands out.
    private static func level(_ status: RPCStatus) -> Logger.Level {
        switch status {
        case .ok: .info
        case .internal, .unknown, .dataLoss: .warning
        default: .notice
        }
    }

    private static func fields(_ call: RPCEndedCall) -> Logger.Metadata {
        var fields: Logger.Metadata = [
            "method": "\(call.method?.name ?? "unknown")", "status": "\(call.status.name)",
            "duration_ms": "\(milliseconds(call.elapsedUs))", "peer": "\(LogField.text(call.remoteAddress))",
            "connection": "\(call.connection)", "request_bytes": "\(call.requestBytes)",
            "response_bytes": "\(call.responseBytes)",
        ]
        if !call.reason.isEmpty { fields["reason"] = "\(LogField.text(call.reason))" }
        if let identity = call.identity { fields["caller"] = "\(LogField.text(identity))" }
        if let parent = call.metadata.first(TraceParent.key).flatMap(TraceParent.init) {
            fields["trace"] = "\(parent.traceID)"
        }
        return fields
    }

    private static func milliseconds(_ elapsedUs: UInt64) -> String {
        let fraction = String(elapsedUs % 1_000)
        return "\(elapsedUs / 1_000).\(String(repeating: "0", count: 3 - fraction.count))\(fraction)"
    }
}
