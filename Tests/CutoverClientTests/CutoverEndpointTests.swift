import CutoverRPC
import Testing

@testable import CutoverClient

@Suite struct CutoverEndpointTests {
    @Test(
        arguments: [
            ("127.0.0.1:7451", .tcp(host: "127.0.0.1", port: 7451)),
            ("db.example", .tcp(host: "db.example", port: 7450)),
            ("[::1]:9", .tcp(host: "::1", port: 9)), ("[::1]", .tcp(host: "::1", port: 7450)),
            ("::1", .tcp(host: "::1", port: 7450)), ("unix:/run/cutover.sock", .unix(path: "/run/cutover.sock")),
        ] as [(String, RPCEndpoint)])
    func addresses(text: String, endpoint: RPCEndpoint) throws {
        #expect(try CutoverEndpoint.parse(text) == endpoint)
    }

    @Test(arguments: [
        "", ":7450", "host:", "host:0", "host:65536", "host:x", "unix:", "unix:relative", "[::1", "[]:1", "[::1]7450",
        "a b:1", "http://host:1", "unix:/\(String(repeating: "x", count: 120))",
    ])
    func whatIsNoAddressIsRefusedWithAdvice(text: String) {
        let error = #expect(throws: CutoverError.self) { try CutoverEndpoint.parse(text) }
        #expect(error?.code == .invalidArgument)
        #expect(error?.message.hasSuffix("Write host:port or unix:/path.") == true)
    }
}
