import CutoverWire
import NIOCore
import Testing

@testable import CutoverRPC

/// What makes a server reset itself: calls that only it has work with. Each kind counts as a fault (VIOL-4), and ends the
/// connection when there are too many.
@Suite struct FaultTests {
    struct Kind: Sendable, CustomTestStringConvertible {
        let name: String
        /// A whole call in slot 1.
        let bytes: ByteBuffer
        let status: RPCStatus
        var isFault = true
        var testDescription: String { name }
    }

    static let kinds: [Kind] = [
        Kind(
            name: "unknown method", bytes: ByteBuffer(hex: "00000008 02 00 0000 00000001 000003FF 00000000 00000000"),
            status: .unimplemented),
        Kind(
            name: "stream called as unary",
            bytes: ByteBuffer(
                hex:
                    "00000008 02 00 0000 00000001 \(String(TestMethod.count.id, radix: 16).leftPadded) 0000000000000000"
            ),
            status: .invalidArgument),
        Kind(
            name: "bad metadata",
            bytes: ByteBuffer(hex: "0000000C 02 00 0004 00000001 00000001 00000000 00000000 01410000"),
            status: .invalidArgument),
        Kind(name: "missing role", bytes: .request(TestMethod.guarded, slot: 1), status: .permissionDenied),
        Kind(name: "no role declared", bytes: .request(TestMethod.undeclared, slot: 1), status: .permissionDenied),
        refused(RPCError.Reason.malformedPayload, .invalidArgument),
        refused(RPCError.Reason.unpackBudget, .resourceExhausted),
        refused("UNKNOWN_TASK", .invalidArgument, isFault: false),
        refused(RPCError.Reason.overloaded, .resourceExhausted, isFault: false),
        Kind(
            name: "refusal of a handler", bytes: .request(TestMethod.upper, slot: 1), status: .failedPrecondition,
            isFault: false),
    ]

    private static func refused(_ reason: String, _ status: RPCStatus, isFault: Bool = true) -> Kind {
        Kind(
            name: reason, bytes: .request(TestMethod.refuse, slot: 1, payload: ByteBuffer(string: reason)),
            status: status, isFault: isFault)
    }

    @Test(arguments: kinds) func tooManyOfOneKindEndTheConnection(kind: Kind) async throws {
        try await TestServer.with({
            $0.authenticator = TestAuthenticator(); $0.limits.maxFaults = 5
        }) { server in
            var hello = Hello()
            hello.credentials = Array("operator".utf8)
            let raw = try await RawClient.setUp(port: server.port, hello: hello)
            for count in 1...6 {
                raw.send(kind.bytes)
                try #require(await eventually { raw.responses == count })
            }
            if kind.isFault {
                #expect(await eventually { raw.isClosed })
                #expect(raw.frames.last?.header.aux == GoAwayReason.tooManyFaults.rawValue)
            } else {
                raw.send(.request(TestMethod.health, slot: 1))
                #expect(await eventually { raw.responses == 7 })
            }
            let statuses = raw.frames.filter { $0.header.type == .response }.prefix(6).map(\.header.status)
            #expect(statuses == Array(repeating: kind.status, count: 6))
            raw.close()
        }
    }

    /// Faults of several kinds, and pings, are counted together.
    @Test func faultsOfAllKindsAreCountedTogether() async throws {
        try await TestServer.with({
            $0.authenticator = TestAuthenticator(); $0.limits.maxFaults = 5
        }) { server in
            var hello = Hello()
            hello.credentials = Array("operator".utf8)
            let raw = try await RawClient.setUp(port: server.port, hello: hello)
            for (index, kind) in Self.kinds.filter(\.isFault).prefix(4).enumerated() {
                raw.send(kind.bytes)
                #expect(await eventually { raw.responses == index + 1 })
            }
            // The first PING is no fault; the two that follow too soon are the fifth and the sixth.
            for count in 1...3 {
                var ping = ByteBuffer()
                FrameWriter.writePing(to: &ping, opaque: 1)
                raw.send(ping)
                #expect(await eventually { raw.frames.count { $0.header.type == .pong } == count })
                #expect(count == 3 || !raw.isClosed)
            }
            #expect(await eventually { raw.isClosed })
            #expect(raw.frames.last?.header.aux == GoAwayReason.tooManyFaults.rawValue)
        }
    }
}
