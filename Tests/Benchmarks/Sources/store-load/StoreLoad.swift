import CutoverClient
import Foundation

/// Drives the tasks of one server, whose tasks all wait to be configured. Prints one line of JSON fields.
///
///     store-load --endpoint unix:/path --server-pid PID fill COUNT
///     store-load --endpoint unix:/path --server-pid PID ids COUNT
///     store-load --endpoint unix:/path --server-pid PID selector
///     store-load --endpoint unix:/path --server-pid PID single CONNECTIONS IN_FLIGHT
///     store-load --endpoint unix:/path --server-pid PID get|list SECONDS
@main
struct StoreLoad {
    static func main() async throws {
        var arguments = Array(CommandLine.arguments.dropFirst())
        var options: [String: String] = [:]
        while arguments.count >= 2, arguments[0].hasPrefix("--") {
            options[arguments[0]] = arguments[1]
            arguments.removeFirst(2)
        }
        guard let endpoint = options["--endpoint"], let pid = options["--server-pid"], let work = arguments.first else {
            fail("usage: store-load --endpoint E --server-pid P fill|ids|selector|single|get|list [N [N]]", status: 64)
        }
        let numbers = arguments.dropFirst().map { Int($0) ?? 0 }
        let server = MeasuredServer(endpoint: endpoint, pid: pid)
        switch (work, numbers.count) {
        case ("fill", 1): try await Filling(server: server).run(numbers[0])
        case ("ids", 1): try await BatchStops(server: server).stop(first: numbers[0])
        case ("selector", 0): try await BatchStops(server: server).stopAll()
        case ("single", 2): try await SingleStops(server: server).run(connections: numbers[0], inFlight: numbers[1])
        case ("get", 1): try await Reads(server: server).gets(seconds: numbers[0])
        case ("list", 1): try await Reads(server: server).firstPages(seconds: numbers[0])
        default: fail("no work: \(arguments.joined(separator: " "))", status: 64)
        }
    }
}

func fail(_ message: String, status: Int32 = 1) -> Never {
    FileHandle.standardError.write(Data("\(message)\n".utf8))
    exit(status)
}
