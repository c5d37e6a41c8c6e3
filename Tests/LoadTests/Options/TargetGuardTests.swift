import CutoverConsole
import Testing

@testable import cutover_load

@Suite struct TargetGuardTests {
    @Test(arguments: [
        "127.0.0.1:7450", "127.9.8.7", "[::1]:7450", "::1", "unix:/run/s", "localhost:1", "unix:/a,127.0.0.1:2",
        "[::ffff:127.0.0.1]:7450",
    ])
    func thisMachineMayBeLoaded(address: String) throws {
        try TargetGuard.check(address)
    }

    @Test(arguments: ["192.0.2.1:7450", "[2001:db8::1]:7450", "127.0.0.1:7450,192.0.2.1", "0.0.0.0:7450", "[::]:7450"])
    func othersMayNot(address: String) {
        let problem = #expect(throws: UsageProblem.self) { try TargetGuard.check(address) }
        #expect(problem?.description.contains("--i-own-this-server") == true)
    }

    @Test(arguments: ["", "host:port", "unix:relative", "127.0.0.1:99999", "127.0.0.1,"])
    func whatIsNoAddressIsRefused(address: String) {
        let problem = #expect(throws: UsageProblem.self) { try TargetGuard.check(address) }
        #expect(problem?.description.contains("is not the address of a server") == true)
    }

    @Test func aNameThatCannotBeResolvedIsRefused() {
        let problem = #expect(throws: UsageProblem.self) { try TargetGuard.check("no-such-host.invalid:7450") }
        #expect(problem?.description == "the name no-such-host.invalid cannot be resolved")
    }

    @Test(arguments: ["1.2.3.4", "::", "::2", "fe80::1", "10.127.0.1", "?", "::ffff:10.0.0.1"])
    func onlyLoopbackIsThisMachine(address: String) {
        #expect(!TargetGuard.isLoopback(address))
    }
}
