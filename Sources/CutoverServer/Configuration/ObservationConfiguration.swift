internal import CutoverMetrics
internal import CutoverRPC
internal import Logging
internal import NIOCore

/// What can be set about metrics and the request log.
public struct ObservationConfiguration: Sendable, Hashable {
    /// `host:port` where metrics are served over HTTP; empty serves none.
    public var metricsListen = ""
    /// Serve metrics on any address: whoever reaches it can read them.
    public var allowsMetricsAnywhere = false
    /// Which calls are logged: `off`, `errors` or `all`.
    public var requestLog = "errors"
    /// The most lines of the request log in a second; what is left out is counted.
    public var requestLogLinesPerSecond = 100

    public init() {}

    /// nil when calls are not logged.
    func makeRequestLog(logger: Logger, metrics: MetricsRegistry) -> RequestLog? {
        guard requestLog != "off" else { return nil }
        return RequestLog(
            observesSuccess: requestLog == "all", linesPerSecond: requestLogLinesPerSecond, logger: logger,
            metrics: metrics)
    }

    /// Where metrics are served; nil when they are not.
    func metricsAddress() throws(ConfigurationError) -> SocketAddress? {
        guard !metricsListen.isEmpty else { return nil }
        let endpoint: RPCEndpoint
        do {
            endpoint = try RPCEndpoint(parsing: metricsListen, defaultPort: 7451, ports: 0...65_535)
        } catch {
            throw ConfigurationError("metrics_listen: \(error.description)")
        }
        guard case .tcp(let host, let port) = endpoint else {
            throw ConfigurationError("metrics_listen must be host:port, such as 127.0.0.1:7451.")
        }
        guard let address = try? SocketAddress.makeAddressResolvingHost(host, port: port) else {
            throw ConfigurationError(
                "metrics_listen: the host \(host) cannot be found. Give the address of this machine.")
        }
        guard address.staysOnThisMachine || allowsMetricsAnywhere else {
            throw ConfigurationError(
                "metrics_listen: \(metricsListen) is not a loopback address, and everybody on the network could read there "
                    + "what is measured. Listen on 127.0.0.1 or ::1, or set allow_metrics_anywhere.")
        }
        return address
    }
}

extension ServerConfiguration {
    static let observationSettings: [Setting] = [
        text("metrics_listen", \.observation.metricsListen),
        yesOrNo("allow_metrics_anywhere", \.observation.allowsMetricsAnywhere),
        choice("request_log", \.observation.requestLog, ["off", "errors", "all"]),
        number("request_log_lines_per_second", \.observation.requestLogLinesPerSecond, 1...100_000),
    ]
}
