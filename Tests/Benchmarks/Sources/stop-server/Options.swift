import CutoverRPC
import Foundation
import NIOPosix

/// What the command line says.
struct Options {
    static let usage = """
        usage: stop-server RESPONSE_FILE inline|async [--port N] [--max-connections N] [--certificate FILE --key FILE]
        (inline: the handler runs on the event loop; async: as a Swift task)
        """

    /// The encoded message that every answer is made from.
    let response: [UInt8]
    let isInline: Bool
    let configuration: RPCServerConfiguration

    init(_ arguments: ArraySlice<String>) throws {
        var rest = arguments
        guard let file = rest.popFirst(), let way = rest.popFirst(), ["inline", "async"].contains(way) else {
            throw UsageError(Self.usage)
        }
        var values: [String: String] = [:]
        while let name = rest.popFirst() {
            guard ["--port", "--max-connections", "--certificate", "--key"].contains(name), let value = rest.popFirst()
            else { throw UsageError(Self.usage) }
            values[name] = value
        }
        response = [UInt8](try Data(contentsOf: URL(fileURLWithPath: file)))
        isInline = way == "inline"

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
