import CutoverModel
import CutoverWire
import Foundation
import Logging
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization
import Testing

@testable import CutoverRPC

/// TLS between the real server and the real client, and against peers that do it wrong.
@Suite struct TLSHandshakeTests {
    private static func call(
        _ server: TestServer, _ tls: RPCClientTLS?, host: String = "127.0.0.1",
        _ change: (inout RPCClientConfiguration) -> Void = { _ in }
    ) async throws -> RPCError? {
        try await server.withClient({
            $0.tls = tls
            $0.endpoints = [.tcp(host: host, port: server.port)]
            change(&$0)
        }) { client in
            do {
                let answer = try await client.unary(
                    TestMethod.echo, ByteBuffer(string: "hi"), options: timeout(10_000))
                #expect(answer == ByteBuffer(string: "hi"))
                return nil
            } catch {
                return error as? RPCError
            }
        }
    }

    @Test func callsAndStreamsGoOverTLS() async throws {
        let folder = try CertificateFolder()
        let issued = try folder.issue("server")
        try await TestServer.with({ $0.tls = folder.server(issued) }) { server in
            #expect(try await Self.call(server, folder.client()) == nil, "the address is in the certificate")
            #expect(try await Self.call(server, folder.client(), host: "localhost") == nil, "and the name")
            try await server.withClient({ $0.tls = folder.client() }) { client in
                let large = ByteBuffer(repeating: 7, count: 900_000)
                #expect(try await client.unary(TestMethod.echo, large, options: timeout(20_000)) == large)
                var seen: UInt32 = 0
                for try await item in client.serverStream(
                    TestMethod.count, ByteBuffer(integer: UInt32(5_000)), options: timeout(20_000))
                {
                    #expect(item.getInteger(at: item.readerIndex, as: UInt32.self) == seen)
                    seen += 1
                }
                #expect(seen == 5_000)
            }
        }
    }

    @Test func aServerThatCannotBeVerifiedIsNotSpokenTo() async throws {
        struct Case {
            var name: String
            var names = "DNS:localhost,IP:127.0.0.1"
            var days = 2
            var signedBy = "ca"
            var trusts: String? = "ca"
            var expects: String?
            var message: String
        }
        let folder = try CertificateFolder()
        try folder.authority("other")
        let cases = [
            Case(name: "expired", days: -1, message: "cannot be trusted"),
            Case(name: "unknown-authority", signedBy: "other", message: "cannot be trusted"),
            Case(name: "not-the-systems", trusts: nil, message: "cannot be trusted"),
            Case(name: "another-address", names: "DNS:localhost,IP:127.0.0.9", message: "another name"),
            Case(name: "another-name", expects: "db.example", message: "another name"),
            Case(name: "wildcard", names: "DNS:*.example", expects: "a.b.example", message: "another name"),
        ]
        for sample in cases {
            let issued = try folder.issue(
                sample.name, names: sample.names, days: sample.days, by: sample.signedBy)
            let door = TestAuthenticator()
            try await TestServer.with({
                $0.tls = folder.server(issued); $0.authenticator = door
            }) { server in
                var tls = folder.client(authority: sample.trusts ?? "ca")
                if sample.trusts == nil { tls.authorityFile = nil }
                tls.serverName = sample.expects
                let error = try await Self.call(server, tls) { $0.credentials = Array("viewer".utf8) }
                #expect(
                    error?.status == .unavailable && error?.reason == "TLS_FAILED", "\(sample.name): \(error as Any)")
                #expect(error?.message.contains(sample.message) == true, "\(sample.name): \(error as Any)")
                #expect(error?.isNotExecuted == true && error?.retryAfterMs == RPCError.neverRetry)
                #expect(door.asked.withLock(\.count) == 0, "the token went to a server that was not verified")
            }
        }
    }

    @Test func eachSideKnowsAPeerWithoutTLS() async throws {
        let folder = try CertificateFolder()
        let issued = try folder.issue("server")
        try await TestServer.with { server in
            let error = try await Self.call(server, folder.client()) { $0.maxAttempts = 2 }
            #expect(error?.status == .unavailable && error?.reason == "TLS_FAILED", "\(error as Any)")
            #expect(error?.message.contains("does it speak TLS?") == true, "\(error as Any)")
            #expect(await eventually { server.server.connectionCount == 0 })
        }
        try await TestServer.with({ $0.tls = folder.server(issued) }) { server in
            let error = try await Self.call(server, nil)
            #expect(error?.status == .unavailable && error?.reason == "TLS_FAILED", "\(error as Any)")
            #expect(error?.message.contains("the server speaks TLS") == true, "\(error as Any)")
            #expect(await eventually { server.server.connectionCount == 0 })
        }
    }

    @Test func silenceAtTheTLSPortEndsWithTheSetUpDeadline() async throws {
        let folder = try CertificateFolder()
        let issued = try folder.issue("server")
        try await TestServer.with({
            $0.tls = folder.server(issued); $0.limits.handshakeDeadlineMs = 150
        }) { server in
            // Nothing at all; half a ClientHello; and a handshake that is good, but without a HELLO behind it.
            let silent = try await RawClient.connect(port: server.port)
            let half = try await RawClient.connect(port: server.port)
            half.send(hex: "16 03 01 02 00 01 00 01 FC 03 03")
            #expect(await eventually { silent.isClosed && half.isClosed })
            let idle = try await RawClient.connect(port: server.port, tls: try folder.rawContext())
            #expect(await eventually { idle.isClosed })
            #expect(await eventually { server.server.connectionCount == 0 })
        }
    }

    @Test func aClientGivesUpOnAServerThatNeverFinishes() async throws {
        // Accepts, reads, and says nothing.
        let mute = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .bind(host: "127.0.0.1", port: 0).get()
        var configuration = RPCClientConfiguration(
            endpoint: .tcp(host: "127.0.0.1", port: mute.localAddress?.port ?? 0))
        configuration.tls = RPCClientTLS()
        configuration.limits.handshakeDeadlineMs = 100
        configuration.maxAttempts = 1
        let client = RPCClient(configuration: configuration, logger: Logger(label: "test"))
        let error = await #expect(throws: RPCError.self) {
            try await client.unary(TestMethod.echo, ByteBuffer(), options: timeout(20_000))
        }
        #expect(error?.reason == "TLS_FAILED" && error?.message.contains("in time") == true, "\(error as Any)")
        await client.shutdown(grace: .zero)
        try await mute.close().get()
    }

    @Test func onlyTLS13WithOurProtocolIsSpoken() async throws {
        let folder = try CertificateFolder()
        let issued = try folder.issue("server")
        try await TestServer.with({ $0.tls = folder.server(issued) }) { server in
            let common = "s_client -connect 127.0.0.1:\(server.port) -CAfile ca.pem -verify_return_error"
            let run: (String) throws -> (status: Int32, output: String) = { options in
                try CertificateFolder.run(
                    (common + options).split(separator: " ").map(String.init), in: folder.path)
            }
            let good = try run(" -alpn cutover/1")
            #expect(
                good.output.contains("TLSv1.3") && good.output.contains("ALPN protocol: cutover/1"), "\(good.output)")
            #expect(try run(" -alpn h2,cutover/1").output.contains("ALPN protocol: cutover/1"))
            for options in ["", " -alpn h2", " -alpn cutover/2,http/1.1"] {
                let result = try run(options)
                #expect(result.output.contains("alert number 120"), "no_application_protocol: \(result.output)")
                #expect(result.status != 0)
            }
            let old = try run(" -alpn cutover/1 -tls1_2")
            #expect(old.output.contains("alert number 70"), "protocol_version: \(old.output)")
            #expect(await eventually { server.server.connectionCount == 0 })
        }
    }

    @Test func aClientRefusesAServerOfAnotherProtocol() async throws {
        let folder = try CertificateFolder()
        let issued = try folder.issue("server")
        var tls = TLSConfiguration.makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMFile(issued.chain).map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(file: issued.key, format: .pem)))
        for (protocols, oldest, message) in [
            (["h2"], TLSVersion.tlsv13, "not the protocol cutover/1"), ([], .tlsv13, "not the protocol cutover/1"),
            (["cutover/1"], .tlsv12, "TLS 1.3"),
        ] {
            tls.applicationProtocols = protocols
            tls.minimumTLSVersion = oldest
            tls.maximumTLSVersion = oldest
            let context = try NIOSSLContext(configuration: tls)
            let listener = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandlers([
                            NIOSSLServerHandler(context: context), CountingHandler(),
                        ])
                    }
                }
                .bind(host: "127.0.0.1", port: 0).get()
            var configuration = RPCClientConfiguration(
                endpoint: .tcp(host: "127.0.0.1", port: listener.localAddress?.port ?? 0))
            configuration.tls = folder.client()
            configuration.maxAttempts = 1
            configuration.credentials = Array("secret".utf8)
            CountingHandler.count.store(0, ordering: .relaxed)
            let client = RPCClient(configuration: configuration, logger: Logger(label: "test"))
            let error = await #expect(throws: RPCError.self) {
                try await client.unary(TestMethod.echo, ByteBuffer(), options: timeout(20_000))
            }
            #expect(error?.reason == "TLS_FAILED" && error?.message.contains(message) == true, "\(error as Any)")
            #expect(CountingHandler.count.load(ordering: .relaxed) == 0, "the token was sent")
            await client.shutdown(grace: .zero)
            try await listener.close().get()
        }
    }
}

/// Counts the bytes that come through TLS.
private final class CountingHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    static let count = Atomic<Int>(0)

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        Self.count.add(unwrapInboundIn(data).readableBytes, ordering: .relaxed)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
