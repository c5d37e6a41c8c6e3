import Foundation
import GRPCCore
import GRPCNIOTransportHTTP2Posix
import StopMessages
import SwiftProtobuf

/// grpc-swift-2 with its defaults: stops of one task, echo, and a stream of items.
@main
struct GRPCStopServer {
    /// Ends a server that was left behind.
    static let lifetimeS: UInt32 = 900

    static func main() async throws {
        _ = alarm(lifetimeS)
        guard CommandLine.arguments.count == 2 else {
            FileHandle.standardError.write(Data("usage: grpc-stop-server RESPONSE_FILE\n".utf8))
            exit(2)
        }
        let file = try Data(contentsOf: URL(fileURLWithPath: CommandLine.arguments[1]))
        let accepted = try Cutover_V1_StopTaskResponse(serializedBytes: file)
        let server = GRPCServer(
            transport: .http2NIOPosix(address: .ipv4(host: "127.0.0.1", port: 0), transportSecurity: .plaintext),
            services: [PeerService(accepted: accepted)])
        try await withThrowingDiscardingTaskGroup { group in
            group.addTask { try await server.serve() }
            guard let port = try await server.listeningAddress?.ipv4?.port else { throw NoPort() }
            FileHandle.standardOutput.write(Data("listening \(port)\n".utf8))
        }
    }
}

/// The server did not say where it listens.
struct NoPort: Error {}
