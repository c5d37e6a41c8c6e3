import CutoverModel
import CutoverWire
import Foundation
import NIOCore
import NIOSSL
import Testing

@testable import CutoverRPC

/// Who a client is by its certificate.
@Suite struct ClientCertificateTests {
    private static func start(
        _ folder: CertificateFolder, _ mode: RPCServerTLS.ClientCertificates, _ door: TestAuthenticator,
        _ body: (TestServer) async throws -> Void
    ) async throws {
        var tls = folder.server(try folder.issue("server"))
        tls.clientAuthorityFile = folder.file("ca.pem")
        tls.clientCertificates = mode
        try await TestServer.with(
            { [tls] in
                $0.tls = tls; $0.authenticator = door
            }, body)
    }

    private static func call(
        _ server: TestServer, _ tls: RPCClientTLS, credentials: String? = nil
    ) async throws -> RPCError? {
        try await server.withClient({
            $0.tls = tls
            $0.credentials = credentials.map { Array($0.utf8) }
            $0.maxAttempts = 1
        }) { client in
            do {
                _ = try await client.unary(TestMethod.echo, ByteBuffer(string: "hi"), options: timeout(10_000))
                return nil
            } catch {
                return error as? RPCError
            }
        }
    }

    @Test func theIdentityIsTheFirstURIThenDNSNameThenCommonName() async throws {
        let folder = try CertificateFolder()
        let door = TestAuthenticator()
        let cases = [
            ("DNS:batch.example,URI:spiffe://example/batch,URI:spiffe://example/other", "spiffe://example/batch"),
            ("IP:10.0.0.1,DNS:batch.example,DNS:other.example", "batch.example"), ("", "batch"),
        ]
        try await Self.start(folder, .required, door) { server in
            for (index, (names, identity)) in cases.enumerated() {
                let issued = try folder.issue("client\(index)", names: names, commonName: "batch")
                #expect(try await Self.call(server, folder.client(issued)) == nil)
                let certificate = door.asked.withLock(\.last)?.certificate
                #expect(certificate?.identity == identity)
                let days = (certificate?.expiresAtMs ?? 0) - Int64(Date().timeIntervalSince1970 * 1_000)
                #expect((86_400_000...2 * 86_400_000).contains(days), "it was issued for two days")
            }
        }
    }

    @Test func aRequiredCertificateMustBeGood() async throws {
        let folder = try CertificateFolder()
        try folder.authority("other")
        let door = TestAuthenticator()
        try await Self.start(folder, .required, door) { server in
            let bad: [(RPCClientTLS, String)] = [
                (folder.client(), "wants a client certificate"),
                (folder.client(try folder.issue("stranger", by: "other")), "does not accept this client's certificate"),
                (folder.client(try folder.issue("late", days: -1)), "does not accept this client's certificate"),
            ]
            for (tls, message) in bad {
                let error = try await Self.call(server, tls, credentials: "admin")
                #expect(error?.status == .unauthenticated, "\(error as Any)")
                #expect(error?.message.contains(message) == true, "\(error as Any)")
                #expect(error?.isNotExecuted == true)
            }
            #expect(door.asked.withLock(\.count) == 0, "they were refused in the handshake")
        }
    }

    @Test func anOptionalCertificateMayBeLeftOutButNotBeBad() async throws {
        let folder = try CertificateFolder()
        try folder.authority("other")
        let door = TestAuthenticator()
        try await Self.start(folder, .optional, door) { server in
            #expect(try await Self.call(server, folder.client(), credentials: "viewer") == nil)
            #expect(door.asked.withLock(\.last)?.certificate == nil)
            #expect(try await Self.call(server, folder.client())?.status == .unauthenticated, "nobody says who it is")
            let good = try folder.issue("client", names: "URI:spiffe://example/batch")
            #expect(try await Self.call(server, folder.client(good)) == nil)
            let stranger = try folder.issue("stranger", by: "other")
            let error = try await Self.call(server, folder.client(stranger), credentials: "viewer")
            #expect(error?.status == .unauthenticated, "\(error as Any)")
        }
    }

    @Test(arguments: [
        ("URI:spiffe://example/a", "spiffe://example/a"), ("DNS:a.example", "a.example"),
        ("email:a@example.com", "test"),
    ])
    func namesAreTakenFromTheCertificate(names: String, identity: String) throws {
        let folder = try CertificateFolder()
        let issued = try folder.issue("client", names: names)
        let certificate = try #require(try NIOSSLCertificate.fromPEMFile(issued.chain).first)
        #expect(RPCPeerCertificate(certificate)?.identity == identity)
    }

    /// A name that would break a log line, or is too long, is none.
    @Test func aNameThatCannotBeLoggedIsNone() throws {
        let folder = try CertificateFolder()
        for name in ["URI:a\u{1B}[31m", "URI:\u{202E}x", "URI:a" + String(repeating: "b", count: 256)] {
            let issued = try folder.issue("client", names: name)
            let certificate = try #require(try NIOSSLCertificate.fromPEMFile(issued.chain).first)
            #expect(RPCPeerCertificate(certificate) == nil, "\(name.debugDescription)")
        }
    }
}
