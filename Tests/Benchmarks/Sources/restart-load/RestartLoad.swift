import CBenchMeasure
import CutoverRPC
import Foundation
import Logging
import NIOCore
import NIOPosix
import StopShape

/// One `RPCClient` with several servers that always has so many calls in flight, until a line comes on its standard
/// input. Prints one line of JSON fields.
///
///     restart-load REQUEST_FILE RESPONSE_FILE IN_FLIGHT PORT...
///
/// The calls are declared not idempotent: the client may repeat only those that a server says it has not run.
@main
struct RestartLoad {
    static func main() async throws {
        let arguments = CommandLine.arguments.dropFirst()
        let ports = arguments.dropFirst(3).compactMap { Int($0) }
        guard arguments.count >= 4, ports.count == arguments.count - 3, let inFlight = Int(arguments[3]),
            (1...1_024).contains(inFlight)
        else {
            FileHandle.standardError.write(
                Data("usage: restart-load REQUEST_FILE RESPONSE_FILE IN_FLIGHT PORT...\n".utf8))
            exit(64)
        }
        let request = try Data(contentsOf: URL(fileURLWithPath: arguments[1]))
        let response = try Data(contentsOf: URL(fileURLWithPath: arguments[2]))
        var configuration = RPCClientConfiguration(endpoints: ports.map { .tcp(host: "127.0.0.1", port: $0) })
        configuration.eventLoopGroup = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let client = RPCClient(configuration: configuration, logger: Logger(label: "restart-load"))
        let caller = Caller(client: client, request: ByteBuffer(bytes: request), response: ByteBuffer(bytes: response))

        let begin = measure_now_ns()
        Thread.detachNewThread {
            _ = readLine()
            caller.stop()
        }
        let tally = await withTaskGroup(of: Tally.self) { group in
            for _ in 0..<inFlight { group.addTask { await caller.calls() } }
            var tally = Tally()
            for await part in group { tally.add(part) }
            return tally
        }
        let seconds = Double(measure_now_ns() - begin) / 1e9
        await client.shutdown(grace: .seconds(5))
        if let failure = tally.firstFailure {
            FileHandle.standardError.write(Data("the first call that failed: \(failure)\n".utf8))
        }
        print(
            "\"calls\":\(tally.calls),\"failed\":\(tally.failed),\"seconds\":\(seconds),"
                + "\"longest_ms\":\(Double(tally.longestNs) / 1e6)")
    }
}
