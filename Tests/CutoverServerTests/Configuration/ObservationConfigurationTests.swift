@testable import CutoverServer
import CutoverMetrics
import Logging
import NIOCore
import Testing

@Suite struct ObservationConfigurationTests {
    private func observing(_ change: (inout ObservationConfiguration) -> Void) -> ObservationConfiguration {
        var observation = ObservationConfiguration()
        change(&observation)
        return observation
    }

    @Test func metricsAreServedWhereTheOperatorSays() throws {
        #expect(try ObservationConfiguration().metricsAddress() == nil)
        #expect(try observing { $0.metricsListen = "127.0.0.1:0" }.metricsAddress()?.port == 0)
        #expect(try observing { $0.metricsListen = "[::1]:99" }.metricsAddress()?.port == 99)
        let open = observing {
            $0.metricsListen = "0.0.0.0:99"
            $0.allowsMetricsAnywhere = true
        }
        #expect(try open.metricsAddress()?.ipAddress == "0.0.0.0")
    }

    @Test(arguments: [
        ("0.0.0.0:99", "allow_metrics_anywhere"), ("[::]:99", "allow_metrics_anywhere"),
        ("unix:/run/metrics", "host:port"), ("127.0.0.1:70000", "0 to 65535"), (":1", "host name"),
    ])
    func otherAddressesAreRefusedWithAWayOut(_ text: String, _ hint: String) {
        var configuration = ServerConfiguration()
        configuration.observation.metricsListen = text
        #expect(throws: ConfigurationError.self) { try configuration.observation.metricsAddress() }
        let findings = configuration.findings().filter { $0.hasPrefix("metrics_listen") }
        #expect(findings.count == 1 && findings.first?.contains(hint) == true, "\(findings)")
    }

    @Test func callsAreLoggedAsTheOperatorSays() {
        let logger = Logger(label: "test")
        let log = { (scope: String) in
            observing { $0.requestLog = scope }.makeRequestLog(logger: logger, metrics: MetricsRegistry())
        }
        #expect(log("off") == nil)
        #expect(log("errors")?.observesSuccess == false && log("all")?.observesSuccess == true)
    }
}
