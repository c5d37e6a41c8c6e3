internal import Logging
internal import NIOCore
internal import NIOHTTP1

/// One connection of the metrics listener: one request, one answer, and the end.
final class MetricsConnection: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private enum State {
        case reading
        /// The text is being made.
        case answering
        /// The answer was written; what still comes is dropped.
        case answered
    }

    private enum Page {
        case metrics
        case health
    }

    /// How long a client that was answered may take to hang up.
    private static let lingerMs: Int64 = 1_000

    private let content: MetricsListener.Content
    private let connections: MetricsListener.Connections
    private let deadlineMs: Int64
    private let logger: Logger
    private var state = State.reading
    private var page: Page?
    private var context: ChannelHandlerContext?
    private var deadline: Scheduled<Void>?
    private var hasPeerEnded = false

    init(
        content: MetricsListener.Content, connections: MetricsListener.Connections, deadlineMs: Int64, logger: Logger
    ) {
        self.content = content
        self.connections = connections
        self.deadlineMs = deadlineMs
        self.logger = logger
    }

    func channelActive(context: ChannelHandlerContext) {
        self.context = context
        switch connections.add(context.channel) {
        case .accepted:
            deadline = context.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(deadlineMs)) {
                self.timeOut()
            }
        case .refused:
            answer(.serviceUnavailable, "Too many connections at once. Scrape less often, or from fewer places.\n")
        case .closed: context.close(promise: nil)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        connections.remove(context.channel)
        deadline?.cancel()
        deadline = nil
        self.context = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard state == .reading else { return }
        switch unwrapInboundIn(data) {
        case .head(let head): judge(head)
        case .body: break
        case .end: serve(context)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard let event = event as? ChannelEvent, event == .inputClosed else {
            return context.fireUserInboundEventTriggered(event)
        }
        hasPeerEnded = true
        if state != .answering { context.close(promise: nil) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error {
        case is RequestAllowance.Exceeded, HTTPParserError.headerOverflow:
            answer(.requestHeaderFieldsTooLarge, "The request is too large. Send GET /metrics with few headers.\n")
        case is HTTPParserError: answer(.badRequest, "This is not HTTP/1.1. Send GET /metrics.\n")
        default:
            logger.debug("metrics connection failed", metadata: ["error_type": "\(type(of: error))"])
            context.close(promise: nil)
        }
    }

    private func judge(_ head: HTTPRequestHead) {
        switch head.uri.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false).first {
        case "/metrics": page = .metrics
        case "/healthz": page = .health
        default: return answer(.notFound, "There is nothing here. Ask for /metrics or /healthz.\n")
        }
        guard head.method == .GET else {
            return answer(.methodNotAllowed, "Only GET is answered here.\n", [("allow", "GET")])
        }
    }

    private func serve(_ context: ChannelHandlerContext) {
        switch page {
        case .health:
            if content.isHealthy() {
                answer(.ok, "serving\n")
            } else {
                answer(.serviceUnavailable, "not serving\n")
            }
        case .metrics:
            state = .answering
            let text = context.eventLoop.makePromise(of: String.self)
            text.completeWithTask { [content] in await content.metrics() }
            text.futureResult.assumeIsolated().whenSuccess { text in
                self.answer(.ok, text, [("content-type", PrometheusText.contentType)])
            }
        case nil: break
        }
    }

    private func timeOut() {
        deadline = nil
        if state == .reading {
            answer(.requestTimeout, "The request did not come in time.\n")
        } else {
            context?.close(promise: nil)
        }
    }

    /// Writes the answer, half-closes, and waits a little for the client to hang up: a close with unread bytes would reset the
    /// connection and take the answer with it.
    private func answer(_ status: HTTPResponseStatus, _ text: String, _ headers: [(String, String)] = []) {
        guard let context, state != .answered else { return }
        state = .answered
        var fields = HTTPHeaders(headers)
        if !fields.contains(name: "content-type") { fields.add(name: "content-type", value: "text/plain") }
        fields.add(name: "content-length", value: "\(text.utf8.count)")
        fields.add(name: "cache-control", value: "no-store")
        fields.add(name: "connection", value: "close")
        let head = HTTPResponseHead(version: .http1_1, status: status, headers: fields)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: text)))), promise: nil)
        let written = context.eventLoop.makePromise(of: Void.self)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: written)
        written.futureResult.assumeIsolated().whenComplete { _ in self.linger() }
    }

    private func linger() {
        guard let context else { return }
        guard !hasPeerEnded else { return context.close(promise: nil) }
        context.close(mode: .output, promise: nil)
        context.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(Self.lingerMs)) {
            self.context?.close(promise: nil)
        }
    }
}
