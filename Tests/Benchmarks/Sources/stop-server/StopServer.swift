import CutoverModel
import CutoverRPC
import Dispatch
import Foundation
import Logging
import NIOCore
import NIOPosix
import StopShape

/// A Cutover RPC server on one event loop with the stop-shaped method, and nothing behind it.
///
/// SIGTERM drains it; it then says how many calls it has run, and ends.
@main
struct StopServer {
    /// Ends a server that was left behind.
    static let lifetimeS: UInt32 = 900
    /// How long a drain may take.
    static let grace = Duration.seconds(10)

    static func main() async throws {
        _ = alarm(lifetimeS)
        let options = try Options(CommandLine.arguments.dropFirst())
        let terminated = Termination()
        let server = try await RPCServer.start(
            configuration: options.configuration, router: try router(options), logger: logger)
        guard let port = server.port else { throw UsageError("the server has no port") }
        say("listening \(port)")
        await terminated.wait()
        let monitor = options.configuration.monitor
        await server.shutdown(grace: grace)
        let ran = monitor?.statistics?.methods.reduce(0) { $0 + $1.answered - $1.notExecuted } ?? 0
        say("ran \(ran)")
        withExtendedLifetime(server) {}
    }

    private static func router(_ options: Options) throws -> RPCRouter {
        let accepted = try StopShape.response(decoding: options.response)
        var router = RPCRouter()
        if options.isInline {
            try router.register(
                StopShape.method, inlineUnary: { payload, _ in try StopShape.answer(payload, accepted: accepted) })
            try router.register(EchoShape.method, inlineUnary: { payload, _ in try EchoShape.answer(payload) })
            try router.register(EchoShape.wireMethod, inlineUnary: { payload, _ in payload })
        } else {
            try router.register(StopShape.method, unary: stops(accepted, slow: options.slow))
            try router.register(EchoShape.method, unary: { payload, _ in try EchoShape.answer(payload) })
            try router.register(EchoShape.wireMethod, unary: { payload, _ in payload })
        }
        try router.register(
            ItemStream.method, serverStream: { payload, _, writer in try await ItemStream.send(payload, to: writer) })
        try router.register(
            BulkStream.method, serverStream: { payload, _, writer in try await BulkStream.send(payload, to: writer) })
        return router
    }

    /// Answers stops in Swift tasks. The result in the answer to a slow call is IN_PROGRESS, by which a client tells it apart.
    private static func stops(_ accepted: StopTaskResponse, slow: SlowCalls?) -> RPCRouter.UnaryHandler {
        guard let slow else { return { payload, _ in try StopShape.answer(payload, accepted: accepted) } }
        var inProgress = accepted
        inProgress.result = .inProgress
        return { [inProgress] payload, _ in
            guard slow.isNext() else { return try StopShape.answer(payload, accepted: accepted) }
            try await Task.sleep(for: slow.time)
            return try StopShape.answer(payload, accepted: inProgress)
        }
    }

    private static var logger: Logger {
        var logger = Logger(label: "stop-server") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = .warning
        return logger
    }

    private static func say(_ line: String) {
        FileHandle.standardOutput.write(Data("\(line)\n".utf8))
    }
}

/// Waits for SIGTERM.
private struct Termination {
    private let source: any DispatchSourceSignal
    private let signals: AsyncStream<Void>

    init() {
        signal(SIGTERM, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: SIGTERM)
        let (signals, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        source.setEventHandler { continuation.yield() }
        source.resume()
        self.source = source
        self.signals = signals
    }

    func wait() async {
        for await _ in signals { return }
    }
}
