import CutoverRPC
@testable import CutoverServer
import Testing

@Suite struct DescriptorLimitTests {
    @Test(arguments: [
        (1_000_000, 4_096, 1_024), (8_192, 4_096, 1_024), (8_191, 4_095, 1_023), (1_024, 512, 128), (10, 5, 1),
        (0, 1, 1),
    ])
    func clientsGetHalfAndThoseThatSaidNothingAQuarterOfIt(limit: Int, connections: Int, inSetUp: Int) {
        var listener = RPCServerConfiguration(endpoint: .unix(path: "/nowhere"))
        DescriptorLimit.bound(&listener, to: limit)
        #expect(listener.maxConnections == connections && listener.maxConnectionsInSetUp == inSetUp)
    }

    @Test func theLimitIsRaisedOnce() {
        let raised = DescriptorLimit.raise()
        #expect(raised > 0 && DescriptorLimit.raise() == raised)
    }
}
