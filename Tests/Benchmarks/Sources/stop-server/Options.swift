import CutoverRPC
import Foundation
import NIOPosix

/// What the command line says.
struct Options {
    static let usage = """
        usage: stop-server RESPONSE_FILE inline|async [--port N] [--max-connections N] [--certificate FILE --key FILE]
               [--slow-percent N --slow-ms N]
        (inline: the handler runs on the event loop; async: as a Swift task, and N % of the stops may take N ms)
        """

    private static let names: Set = [
        "--port", "--max-connections", "--certificate", "--key", "--slow-percent", "--slow-ms",
    ]

    /// The encoded message that every answer is made from.
    let response: [UInt8]
    let isInline: Bool
    /// Which calls are made slow; only a Swift task can wait.
    let slow: SlowCalls?
    let configuration: RPCServerConfiguration

    init(_ arguments: ArraySlice<String>) throws {
        var rest = arguments
        guard let file = rest.popFirst(), let way = rest.popFirst(), ["inline", "async"].contains(way) else {
            throw UsageError(Self.usage)
        }
        var values: [String: String] = [:]
        while let name = rest.popFirst() {
            guard Self.names.contains(name), let value = rest.popFirst() else { throw UsageError(Self.usage) }
            values[name] = value
        }
        response = [UInt8](try Data(contentsOf: URL(fileURLWithPath: file)))
        isInline = way == "inline"

        if let percent = try Self.number("--slow-percent", values, 1...100) {
            guard !isInline else {
                throw UsageError("--slow-percent needs async: a handler on the event loop cannot wait")
            }
            let ms = try Self.number("--slow-ms", values, 1...10_000) ?? 5
            slow = SlowCalls(every: 100 / percent, time: .milliseconds(ms))
        } else {
            slow = nil
        }

        let port = try Self.number("--port", values, 0...65_535) ?? 0
        var configuration = RPCServerConfiguration(endpoint: .tcp(host: "127.0.0.1", port: port))
        configuration.eventLoopGroup = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        configuration.monitor = RPCServerMonitor()
        if let most = try Self.number("--max-connections", values, 1...1_000_000) {
            configuration.maxConnections = most
        }
        switch (values["--certificate"], values["--key"]) {
        case (let certificate?, let key?):
            configuration.tls = RPCServerTLS(certificateChainFile: certificate, privateKeyFile: key)
        case (nil, nil): break
        default: throw UsageError(Self.usage)
        }
        self.configuration = configuration
    }

    private static func number(_ name: String, _ values: [String: String], _ range: ClosedRange<Int>) throws -> Int? {
        guard let text = values[name] else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw UsageError("\(name) must be a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }
}

/// A mistake on the command line.
struct UsageError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
