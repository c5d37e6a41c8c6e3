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

    @Test func severalAreDividedByCommas() throws {
        let list = try CutoverEndpoint.parseList("a:1,unix:/run/b.sock,[::1],a:1")
        #expect(list == [.tcp(host: "a", port: 1), .unix(path: "/run/b.sock"), .tcp(host: "::1", port: 7450)])
        let names = (1...17).map { "host\($0)" }
        #expect(try CutoverEndpoint.parseList(names.dropLast().joined(separator: ",")).count == 16)
        for text in ["a:1,", ",a:1", "a:1,,b:1", "a:1, b:1", names.joined(separator: ",")] {
            let error = #expect(throws: CutoverError.self) { try CutoverEndpoint.parseList(text) }
            #expect(error?.code == .invalidArgument)
        }
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
