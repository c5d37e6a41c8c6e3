package import CutoverMariaDB
internal import Foundation
internal import Glibc
internal import Synchronization

/// A private MariaDB server in a temporary folder, with a Unix socket and a port of 127.0.0.1.
///
/// `root` has no password. The server ends, by its pid, with ``stop()`` or with the last reference to this object.
package final class MariaDBServer: Sendable {
    /// What differs between servers.
    package struct Configuration: Sendable {
        package var serverID: UInt32
        package var gtidDomain: UInt32
        /// Base name of the binary log; nil = no binary log.
        package var binlogBaseName: String?
        /// More server options, such as `--event-scheduler=ON`.
        package var options: [String]

        package init(
            serverID: UInt32 = 1, gtidDomain: UInt32 = 0, binlogBaseName: String? = "bin", options: [String] = []
        ) {
            self.serverID = serverID
            self.gtidDomain = gtidDomain
            self.binlogBaseName = binlogBaseName
            self.options = options
        }
    }

    package let configuration: Configuration
    /// The folder that holds all the server has; removed at the end.
    package let folder: String
    package let port: UInt16
    private let process = Mutex<ChildProcess?>(nil)

    private init(configuration: Configuration, folder: String, port: UInt16) {
        self.configuration = configuration
        self.folder = folder
        self.port = port
    }

    deinit {
        if let process = process.withLock({ $0 }) {
            process.signal(SIGCONT)
            process.signal(SIGKILL)
            while process.isRunning { usleep(2000) }
        }
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// Makes and starts a server, and waits until it takes connections.
    package static func start(_ configuration: Configuration = Configuration()) async throws -> MariaDBServer {
        StaleServers.reaped
        var lastError: any Error = TestSupportError("no attempt was made")
        for _ in 0..<3 {
            let folder =
                NSTemporaryDirectory() + "/\(StaleServers.prefix)\(getpid())-\(UInt32.random(in: 0 ..< .max))"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            let server = MariaDBServer(configuration: configuration, folder: folder, port: try freePort())
            do {
                try MariaDBTemplate.copy(to: folder + "/data")
                try await server.launch()
                return server
            } catch {
                lastError = error
            }
        }
        throw lastError
    }

    /// A port that nobody listens on now; another process may take it, so ``start(_:)`` tries again.
    private static func freePort() throws -> UInt16 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw TestSupportError("no socket") }
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                bind(descriptor, generic, length) == 0 && getsockname(descriptor, generic, &length) == 0
            }
        }
        guard bound else { throw TestSupportError("no free port") }
        return UInt16(bigEndian: address.sin_port)
    }

    private var arguments: [String] {
        var arguments = [
            "--no-defaults", "--user=\(TestUser.name)", "--datadir=\(folder)/data", "--socket=\(folder)/s",
            "--pid-file=\(folder)/server.pid", "--bind-address=127.0.0.1", "--port=\(port)", "--skip-name-resolve",
            "--server-id=\(configuration.serverID)", "--gtid-domain-id=\(configuration.gtidDomain)",
            "--innodb-buffer-pool-size=64M", "--innodb-log-file-size=8M", "--innodb-flush-log-at-trx-commit=2",
            "--sync-binlog=0", "--key-buffer-size=1M", "--aria-pagecache-buffer-size=1M", "--performance-schema=OFF",
            "--local-infile=ON", "--max-connections=200", "--character-set-server=utf8mb4", "--max-allowed-packet=256M",
            "--secure-file-priv=", "--tmpdir=\(folder)",
        ]
        if let base = configuration.binlogBaseName {
            arguments += ["--log-bin=\(folder)/data/\(base)", "--binlog-format=ROW"]
        }
        return arguments + configuration.options
    }

    private func launch() async throws {
        let child = try ChildProcess.start("/usr/sbin/mariadbd", arguments, output: folder + "/server.log")
        process.withLock { $0 = child }
        let deadline = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < deadline {
            guard child.isRunning else {
                throw TestSupportError("the server ended at start:\n\(logTail)")
            }
            if let connection = try? await MariaDBConnection.connect(endpoint) {
                let identifier = try? await connection.value("SELECT @@pid_file")
                await connection.close()
                guard identifier == "\(folder)/server.pid" else {
                    throw TestSupportError("another server answers on port \(port)")
                }
                return
            }
            try await Task.sleep(for: .milliseconds(20))
        }
        throw TestSupportError("the server did not come up:\n\(logTail)")
    }

    private var logTail: String {
        let text = (try? String(contentsOfFile: folder + "/server.log", encoding: .utf8)) ?? ""
        return String(text.suffix(2000))
    }

    package var pid: Int32 { process.withLock { $0?.pid ?? 0 } }

    /// `root` over TCP.
    package var endpoint: MariaDBEndpoint { endpoint(user: "root") }

    /// An account over TCP.
    package func endpoint(user: String, password: String = "") -> MariaDBEndpoint {
        MariaDBEndpoint(address: .tcp(host: "127.0.0.1", port: port), user: user, password: password)
    }

    /// `root` over the Unix socket.
    package var socketEndpoint: MariaDBEndpoint {
        MariaDBEndpoint(address: .unixSocket(path: folder + "/s"), user: "root")
    }

    /// Opens a connection as `root`.
    package func connect(_ options: MariaDBConnectionOptions = MariaDBConnectionOptions()) async throws
        -> MariaDBConnection
    {
        try await MariaDBConnection.connect(endpoint, options: options)
    }

    /// Runs statements one after the other on a connection of their own, with the server's own `sql_mode`.
    package func run(_ statements: String...) async throws {
        try await run(statements)
    }

    package func run(_ statements: [String]) async throws {
        let connection = try await connect(MariaDBConnectionOptions(sqlMode: nil, readTimeoutSeconds: 600))
        do {
            for statement in statements { try await connection.execute(statement, as: "test statement") }
        } catch {
            await connection.close()
            throw error
        }
        await connection.close()
    }

    /// Runs a query on a connection of its own; rows as text, NULL as nil.
    package func rows(_ query: String) async throws -> [[String?]] {
        let connection = try await connect(MariaDBConnectionOptions(readTimeoutSeconds: 600))
        do {
            let rows = try await connection.query(query, as: "test query")
            await connection.close()
            return rows.map { row in (0..<row.count).map { row[$0] } }
        } catch {
            await connection.close()
            throw error
        }
    }

    /// The first column of the first row.
    package func value(_ query: String) async throws -> String? {
        try await rows(query).first?.first ?? nil
    }

    /// Ends the server in good order; the folder stays until this object goes.
    package func stop() async throws {
        guard let child = process.withLock({ $0 }) else { return }
        child.signal(SIGCONT)
        child.signal(SIGTERM)
        if try await !child.wait(seconds: 30) {
            child.signal(SIGKILL)
            _ = try await child.wait(seconds: 10)
        }
        process.withLock { $0 = nil }
    }

    /// Kills the server as a crash would.
    package func crash() async throws {
        guard let child = process.withLock({ $0 }) else { return }
        child.signal(SIGKILL)
        guard try await child.wait(seconds: 10) else { throw TestSupportError("the server survived SIGKILL") }
        process.withLock { $0 = nil }
    }

    /// Starts a stopped or crashed server again on its data and port.
    package func startAgain() async throws {
        guard process.withLock({ $0 == nil }) else { throw TestSupportError("the server runs already") }
        try await launch()
    }

    package func restart() async throws {
        try await stop()
        try await startAgain()
    }

    /// Holds the server (SIGSTOP): it accepts TCP connections but never answers.
    package func freeze() { process.withLock { $0 }?.signal(SIGSTOP) }
    package func thaw() { process.withLock { $0 }?.signal(SIGCONT) }
}
