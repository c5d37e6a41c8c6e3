// A program that uses the client needs the messages too; one import is enough.
@_exported public import CutoverModel
import CutoverRPC
import CutoverServices
public import Logging

/// A client of a Cutover server: creates migration tasks, watches them and stops them well.
///
/// ```swift
/// let client = try CutoverClient(endpoint: "127.0.0.1:7450")
/// let plan = try await client.planStop(taskID)
/// let stop = try await client.stopTask(taskID, reason: "cut-over of shop", planHash: plan.planHash)
/// for try await event in client.watchTasks([taskID]) where event.stop?.hasEnded == true { break }
/// let receipt = try await client.getStop(taskID: taskID).receipt
/// ```
///
/// Connections are kept and made anew when they are lost; calls may be made from any number of tasks at once. Every call
/// has a deadline and throws ``CutoverError``. Calls that change something carry a request id (a UUID that the client
/// makes when none is given, the same over all attempts), so each may be repeated blindly: the server answers the same
/// request with the same outcome, also after it was restarted.
public final class CutoverClient: Sendable {
    /// What may be chosen for a client.
    public struct Configuration: Sendable {
        /// How long a call waits over all its attempts, in milliseconds; 0 waits for ever.
        public var timeoutMs: UInt32 = 10_000
        /// How long one attempt to connect may take, in milliseconds.
        public var connectTimeoutMs: UInt32 = 5_000
        /// How many connections to keep to each server, 1 to 64. More than one is opened only while the others are busy.
        public var connectionsPerEndpoint = 1
        /// How often a call is sent at most, 1 to 20. Only what is safe to send again is sent again.
        public var attemptsLimit = 5
        /// How long a watch or batch tries to connect again before it throws, in milliseconds.
        public var reconnectTimeoutMs: UInt32 = 300_000
        /// Told why, each time a watch or batch has lost the server and is about to try again.
        public var onReconnect: (@Sendable (CutoverError) -> Void)?
        /// What the client calls itself, at most 64 bytes; shown in the server's logs.
        public var agent = "cutover-swift"
        /// How to speak TLS; nil speaks plaintext, which a server beyond this machine does not take.
        public var tls: TLS?
        /// Who this client is, where the server asks.
        public var token: CutoverToken?
        /// Send the token in plaintext to another machine too: everybody on the way can then use it.
        public var sendsTokenInPlaintext = false

        public init() {}
    }

    let configuration: Configuration
    let rpc: RPCClient

    var tasks: TaskServiceClient { TaskServiceClient(client: rpc) }
    var stops: StopServiceClient { StopServiceClient(client: rpc) }
    var batches: BatchStopServiceClient { BatchStopServiceClient(client: rpc) }
    var health: HealthClient { HealthClient(client: rpc) }

    /// Makes a client. No connection is opened before the first call.
    ///
    /// - Parameters:
    ///   - endpoint: `host:port`, `host` (port 7450), `[::1]:port` or `unix:/path`; or several, divided by commas, of servers
    ///     that serve the same tasks. Calls go to those that can be reached.
    ///   - configuration: Deadlines and limits.
    ///   - logger: Where lost connections are noted; by default nowhere.
    /// - Throws: ``CutoverError/Code/invalidArgument`` when the endpoint cannot be read.
    public init(
        endpoint: String, configuration: Configuration = .init(), logger: Logger? = nil
    ) throws(CutoverError) {
        var settings = RPCClientConfiguration(endpoints: try CutoverEndpoint.parseList(endpoint))
        settings.connectionsPerEndpoint = configuration.connectionsPerEndpoint
        settings.defaultTimeoutMs = configuration.timeoutMs
        settings.connectTimeoutMs = configuration.connectTimeoutMs
        settings.maxAttempts = min(20, max(1, configuration.attemptsLimit))
        settings.agent = configuration.agent
        settings.tls = configuration.tls?.settings
        settings.credentials = configuration.token?.bytes
        settings.sendsCredentialsInPlaintext = configuration.sendsTokenInPlaintext
        self.configuration = configuration
        let silent = Logger(label: "cutover.client") { _ in SwiftLogNoOpLogHandler() }
        rpc = RPCClient(configuration: settings, logger: logger ?? silent)
    }

    /// Ends the connection: calls under way may finish within the grace, new ones fail with `unavailable`.
    public func close(grace: Duration = .seconds(1)) async {
        await rpc.shutdown(grace: grace)
    }

    /// Whether the server takes calls now.
    public func checkHealth(timeoutMs: UInt32? = nil) async throws(CutoverError) -> ServingStatus {
        try await call(timeoutMs) { options in
            try await self.health.check(HealthCheckRequest(), options: options).status
        }
    }

    /// Runs one call with its deadline, and turns what it throws into a ``CutoverError``.
    func call<Reply>(
        _ timeoutMs: UInt32?, _ body: (CallOptions) async throws -> Reply
    ) async throws(CutoverError) -> Reply {
        var options = CallOptions()
        options.timeoutMs = timeoutMs ?? configuration.timeoutMs
        do {
            return try await body(options)
        } catch {
            throw CutoverError(error)
        }
    }
}
