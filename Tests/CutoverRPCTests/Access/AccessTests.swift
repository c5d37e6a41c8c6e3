import CutoverModel
import CutoverWire
import NIOCore
import Synchronization
import Testing

@testable import CutoverRPC

/// Who may connect and what each may call, over real connections.
@Suite struct AccessTests {
    @Test func credentialsAreJudgedBeforeAnyCall() async throws {
        let door = TestAuthenticator()
        try await TestServer.with({ $0.authenticator = door }) { server in
            try await server.withClient({ $0.credentials = Array("operator".utf8) }) { client in
                _ = try await client.unary(TestMethod.echo, ByteBuffer(), options: timeout(5_000))
            }
            for credentials in [nil, [], Array("nobody".utf8), Array("operator ".utf8)] as [[UInt8]?] {
                try await server.withClient({ $0.credentials = credentials }) { client in
                    let error = await #expect(throws: RPCError.self) {
                        try await client.unary(TestMethod.sleep, ByteBuffer(), options: timeout(5_000))
                    }
                    #expect(error?.status == .unauthenticated)
                    #expect(error?.isNotExecuted == true && error?.retryAfterMs == RPCError.neverRetry)
                }
            }
            #expect(server.seen.started.load(ordering: .relaxed) == 0)
        }
    }

    /// The REQUEST is whole and legal, but it stands behind a HELLO whose credentials are wrong.
    @Test func aRequestBehindARefusedHelloReachesNobody() async throws {
        try await TestServer.with({ $0.authenticator = TestAuthenticator() }) { server in
            for credentials in ["wrong", "operator"] {
                let raw = try await RawClient.connect(port: server.port)
                var bytes = ByteBuffer()
                Preface.write(to: &bytes)
                var hello = Hello()
                hello.credentials = Array(credentials.utf8)
                hello.writeFrame(to: &bytes)
                FrameWriter.writeRequestHead(
                    to: &bytes, slot: 1, methodID: TestMethod.sleep.id, flags: 0, timeoutMs: 0, creditBytes: 0,
                    metadata: Metadata(), payloadBytes: 4)
                bytes.writeInteger(UInt32(1))
                raw.send(bytes)
                if credentials == "wrong" {
                    #expect(await eventually { raw.isClosed })
                    #expect(raw.frames.map(\.header.type) == [.hello, .goAway])
                    #expect(raw.frames.last?.header.aux == GoAwayReason.unauthenticated.rawValue)
                    #expect(server.seen.started.load(ordering: .relaxed) == 0)
                } else {
                    #expect(await eventually { raw.frames.contains { $0.header.type == .response } })
                    #expect(
                        server.seen.started.load(ordering: .relaxed) == 1, "the same bytes run when the HELLO is good")
                }
                raw.close()
            }
        }
    }

    @Test func aMissingRoleIsRefusedBeforeThePayloadIsLookedAt() async throws {
        try await TestServer.with({ $0.authenticator = TestAuthenticator() }) { server in
            try await server.withClient({ $0.credentials = Array("viewer".utf8) }) { client in
                let error = await #expect(throws: RPCError.self) {
                    try await client.unary(TestMethod.guarded, ByteBuffer(), options: timeout(5_000))
                }
                #expect(error?.status == .permissionDenied && error?.reason == "ROLE_MISSING")
                #expect(
                    error?.details == [
                        RPCErrorDetail(key: "role", value: "force"),
                        RPCErrorDetail(key: "method", value: TestMethod.guarded.name),
                    ])
                #expect(error?.isNotExecuted == true)
                // The connection lives.
                _ = try await client.unary(TestMethod.echo, ByteBuffer(), options: timeout(5_000))
            }
            #expect(server.seen.started.load(ordering: .relaxed) == 0)
        }
    }

    @Test func whatDeclaresNoRoleIsServedToNobody() async throws {
        for authenticator in [nil, TestAuthenticator()] {
            try await TestServer.with({ $0.authenticator = authenticator }) { server in
                try await server.withClient({ $0.credentials = Array("admin".utf8) }) { client in
                    let error = await #expect(throws: RPCError.self) {
                        try await client.unary(TestMethod.undeclared, ByteBuffer(), options: timeout(5_000))
                    }
                    #expect(error?.status == .permissionDenied && error?.reason == "ROLE_MISSING")
                }
                #expect(server.seen.started.load(ordering: .relaxed) == 0)
            }
        }
    }

    @Test func aRevokedCallerLosesItsConnectionAndItsCalls() async throws {
        let door = TestAuthenticator()
        try await TestServer.with({
            $0.authenticator = door; $0.limits.handshakeDeadlineMs = 200
        }) { server in
            try await server.withClient({ $0.credentials = Array("operator".utf8) }) { client in
                let call = Task { try await client.unary(TestMethod.sleep, ByteBuffer(), options: timeout(60_000)) }
                #expect(await eventually { server.seen.started.load(ordering: .relaxed) == 1 })
                door.isClosed.store(true, ordering: .relaxed)
                let error = await #expect(throws: RPCError.self) { try await call.value }
                #expect(error?.status == .unavailable)
                #expect(error?.isNotExecuted == false, "it had begun")
                #expect(await eventually { server.seen.cancelled.load(ordering: .relaxed) == 1 })
                #expect(await eventually { server.server.connectionCount == 0 })
            }
            let raw = try await RawClient.connect(port: server.port)
            var bytes = ByteBuffer()
            Preface.write(to: &bytes)
            var hello = Hello()
            hello.credentials = Array("operator".utf8)
            hello.writeFrame(to: &bytes)
            raw.send(bytes)
            #expect(await eventually { raw.isClosed })
            #expect(raw.frames.last?.header.aux == GoAwayReason.revoked.rawValue)
        }
    }

    /// The address of this machine on its network stands for another machine.
    @Test func aTokenDoesNotLeaveThisMachineInPlaintext() async throws {
        let own = try System.enumerateDevices().compactMap { $0.address?.ipAddress }
            .first { !$0.hasPrefix("127.") && !$0.contains(":") }
        guard let own else { return }
        let door = TestAuthenticator()
        try await TestServer.with({
            $0.endpoint = .tcp(host: own, port: 0); $0.authenticator = door; $0.allowPlaintextAnywhere = true
        }) { server in
            for isAllowed in [false, true] {
                try await server.withClient({
                    $0.endpoints = [.tcp(host: own, port: server.port)]
                    $0.credentials = Array("operator".utf8)
                    $0.sendsCredentialsInPlaintext = isAllowed
                }) { client in
                    var error: RPCError?
                    do {
                        _ = try await client.unary(TestMethod.echo, ByteBuffer(), options: timeout(5_000))
                    } catch let failure as RPCError {
                        error = failure
                    }
                    #expect((error == nil) == isAllowed, "\(error as Any)")
                    #expect(isAllowed || error?.message.contains("connect with TLS") == true)
                    #expect(door.asked.withLock(\.count) == (isAllowed ? 1 : 0))
                }
            }
        }
    }

    @Test func anOpenServerStaysOnLoopback() async throws {
        struct Case {
            var authenticator: (any RPCAuthenticator)?
            var plaintext: Bool
            var anonymous: Bool
            var code: RPCServerError.Code?
        }
        let cases = [
            Case(authenticator: nil, plaintext: false, anonymous: false, code: .plaintextRefused),
            Case(authenticator: nil, plaintext: true, anonymous: false, code: .anonymousRefused),
            Case(authenticator: TestAuthenticator(), plaintext: false, anonymous: false, code: .plaintextRefused),
            Case(authenticator: TestAuthenticator(), plaintext: true, anonymous: false, code: nil),
            Case(authenticator: nil, plaintext: true, anonymous: true, code: nil),
        ]
        for sample in cases {
            var code: RPCServerError.Code?
            do {
                let server = try await TestServer.start {
                    $0.endpoint = .tcp(host: "0.0.0.0", port: 0)
                    $0.authenticator = sample.authenticator
                    $0.allowPlaintextAnywhere = sample.plaintext
                    $0.allowAnonymousAnywhere = sample.anonymous
                }
                await server.server.shutdown(grace: .zero)
            } catch let error as RPCServerError {
                code = error.code
            }
            #expect(code == sample.code, "\(sample)")
        }
    }
}
