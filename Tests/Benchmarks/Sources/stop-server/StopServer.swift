import CutoverModel
import CutoverRPC
import Foundation
import Logging
import NIOCore
import NIOPosix
import StopShape

/// A Cutover RPC server on one event loop with the stop-shaped method, and nothing behind it.
///
/// `stop-server RESPONSE_FILE inline|async`: whether the handler runs on the event loop or as a Swift task.
@main
struct StopServer {
    /// Ends a server that was left behind.
    static let lifetimeS: UInt32 = 900

    static func main() async throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 3, ["inline", "async"].contains(arguments[2]) else {
            throw UsageError(description: "usage: stop-server RESPONSE_FILE inline|async")
        }
        _ = alarm(lifetimeS)
        let template = try Data(contentsOf: URL(fileURLWithPath: arguments[1]))
        let accepted = try StopShape.response(decoding: [UInt8](template))

        var router = RPCRouter()
        if arguments[2] == "inline" {
            try router.register(
                StopShape.method, inlineUnary: { payload, _ in try StopShape.answer(payload, accepted: accepted) })
        } else {
            try router.register(
                StopShape.method, unary: { payload, _ in try StopShape.answer(payload, accepted: accepted) })
        }
        var configuration = RPCServerConfiguration(endpoint: .tcp(host: "127.0.0.1", port: 0))
        configuration.eventLoopGroup = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        var logger = Logger(label: "stop-server") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = .warning
        let server = try await RPCServer.start(configuration: configuration, router: router, logger: logger)
        guard let port = server.port else { throw UsageError(description: "the server has no port") }
        FileHandle.standardOutput.write(Data("listening \(port)\n".utf8))
        // Until the driver ends this process.
        while true { try await Task.sleep(for: .seconds(3600)) }
    }
}

/// A mistake on the command line.
struct UsageError: Error, CustomStringConvertible {
    let description: String
}
