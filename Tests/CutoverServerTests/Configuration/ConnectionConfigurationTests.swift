import CutoverRPC
@testable import CutoverServer
import Testing

@Suite struct ConnectionConfigurationTests {
    func listener(_ connections: Int, ageMs: Int = 0, limit: Int) throws -> RPCServerConfiguration {
        var configuration = ConnectionConfiguration()
        configuration.maxConnections = connections
        configuration.maxAgeMs = ageMs
        var listener = RPCServerConfiguration(endpoint: .unix(path: "/nowhere"))
        try configuration.apply(to: &listener, descriptorLimit: limit)
        return listener
    }

    @Test func theDefaultIsWhatTheLimitAllows() throws {
        #expect(try listener(0, limit: 1_000_000).maxConnections == 4_096)
        #expect(try listener(0, limit: 1_024).maxConnections == 512)
        #expect(try listener(0, limit: 1_024).maxConnectionAgeMs == 0)
    }

    @Test func whatWasAskedForIsGivenOrRefused() throws {
        #expect(try listener(20_000, limit: 40_000).maxConnections == 20_000)
        #expect(try listener(7, ageMs: 60_000, limit: 1_024).maxConnectionAgeMs == 60_000)
        let error = #expect(throws: ConfigurationError.self) { try listener(20_000, limit: 39_999) }
        #expect(error?.description.contains("need a limit of 40000 open files") == true)
    }
}
