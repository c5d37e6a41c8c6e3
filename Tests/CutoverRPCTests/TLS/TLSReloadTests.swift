import CutoverWire
import Foundation
import Logging
import NIOCore
import NIOSSL
import Testing

@testable import CutoverRPC

/// Certificates that change while the server runs.
@Suite struct TLSReloadTests {
    private static func replace(_ issued: CertificateFolder.Issued, with other: CertificateFolder.Issued) throws {
        for (new, old) in [(other.chain, issued.chain), (other.key, issued.key)] {
            let staged = old + ".new"
            try? FileManager.default.removeItem(atPath: staged)
            try FileManager.default.copyItem(atPath: new, toPath: staged)
            #expect(rename(staged, old) == 0)
        }
    }

    private static func echo(_ client: RPCClient) async throws {
        _ = try await client.unary(TestMethod.echo, ByteBuffer(), options: timeout(10_000))
    }

    /// Whether a new connection finds a server with this name.
    private static func answers(_ server: TestServer, _ folder: CertificateFolder, name: String) async -> Bool {
        do {
            return try await server.withClient({
                $0.tls = folder.client()
                $0.tls?.serverName = name
                $0.maxAttempts = 1
            }) { client in
                try await echo(client)
                return true
            }
        } catch {
            return false
        }
    }

    @Test func newConnectionsTakeTheNewCertificateAndOldOnesLive() async throws {
        let folder = try CertificateFolder()
        let issued = try folder.issue("server", names: "DNS:old.example")
        var tls = folder.server(issued)
        tls.checkIntervalMs = 100
        try await TestServer.with({ [tls] in $0.tls = tls }) { server in
            try await server.withClient({
                $0.tls = folder.client()
                $0.tls?.serverName = "old.example"
            }) { old in
                try await Self.echo(old)
                try Self.replace(issued, with: try folder.issue("next", names: "DNS:new.example"))
                var isTaken = false
                for _ in 0..<200 where !isTaken {
                    isTaken = await Self.answers(server, folder, name: "new.example")
                    if !isTaken { try await Task.sleep(for: .milliseconds(20)) }
                }
                #expect(isTaken)
                #expect(await !Self.answers(server, folder, name: "old.example"))
                try await Self.echo(old)
                #expect(server.server.connectionCount >= 1)
            }
        }
    }

    @Test func filesThatCannotBeUsedChangeNothing() async throws {
        let folder = try CertificateFolder()
        let issued = try folder.issue("server", names: "DNS:old.example")
        let other = try folder.issue("other", names: "DNS:new.example")
        try await TestServer.with({ $0.tls = folder.server(issued) }) { server in
            // A certificate without its key; then garbage; then nothing.
            let staged = folder.file("staged")
            for content in [try Data(contentsOf: URL(fileURLWithPath: other.chain)), Data("garbage".utf8), nil] {
                try? FileManager.default.removeItem(atPath: staged)
                if let content {
                    try content.write(to: URL(fileURLWithPath: staged))
                    #expect(rename(staged, issued.chain) == 0)
                } else {
                    try FileManager.default.removeItem(atPath: issued.chain)
                }
                server.server.reloadCertificates()
                #expect(await Self.answers(server, folder, name: "old.example"))
            }
            // What is whole again is taken, without waiting for the next look.
            try Self.replace(issued, with: other)
            server.server.reloadCertificates()
            #expect(await Self.answers(server, folder, name: "new.example"))
        }
    }

    @Test func aServerDoesNotStartWithFilesThatCannotBeUsed() async throws {
        let folder = try CertificateFolder()
        let issued = try folder.issue("server")
        let other = try folder.issue("other")
        try Data("garbage".utf8).write(to: URL(fileURLWithPath: folder.file("garbage")))
        let open = folder.file("open.key")
        try FileManager.default.copyItem(atPath: issued.key, toPath: open)
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: open)
        var strangers = folder.server(issued)
        strangers.clientAuthorityFile = folder.file("garbage")
        let cases: [(RPCServerTLS, String)] = [
            (RPCServerTLS(certificateChainFile: issued.chain, privateKeyFile: other.key), "do not fit each other"),
            (
                RPCServerTLS(certificateChainFile: folder.file("none"), privateKeyFile: issued.key),
                "none cannot be read"
            ),
            (RPCServerTLS(certificateChainFile: folder.file("garbage"), privateKeyFile: issued.key), "garbage"),
            (RPCServerTLS(certificateChainFile: issued.chain, privateKeyFile: folder.file("garbage")), "garbage"),
            (RPCServerTLS(certificateChainFile: issued.chain, privateKeyFile: open), "chmod 600"),
            (strangers, "garbage"),
        ]
        for (tls, why) in cases {
            let error = await #expect(throws: RPCServerError.self) { try await TestServer.start { $0.tls = tls } }
            #expect(error?.code == .tlsUnusable && error?.description.contains(why) == true, "\(error as Any)")
        }
    }

    @Test func aClientTakesUpChangedFilesAndSaysWhichAreBad() async throws {
        let folder = try CertificateFolder()
        try folder.authority("other")
        let authority = folder.file("trusted.pem")
        try FileManager.default.copyItem(atPath: folder.file("other.pem"), toPath: authority)
        let issued = try folder.issue("server")
        try await TestServer.with({ $0.tls = folder.server(issued) }) { server in
            try await server.withClient({
                $0.tls = RPCClientTLS()
                $0.tls?.authorityFile = authority
            }) { client in
                let error = await #expect(throws: RPCError.self) { try await Self.echo(client) }
                #expect(error?.message.contains("cannot be trusted") == true, "\(error as Any)")
                #expect(rename(folder.file("ca.pem"), authority) == 0)
                try await Self.echo(client)
            }
        }
        let cases: [(RPCClientTLS, RPCEndpoint, String)] = [
            (folder.client(authority: "none"), .tcp(host: "127.0.0.1", port: 1), "none.pem"),
            (RPCClientTLS(), .unix(path: "/nowhere"), "needs the name"),
        ]
        for (tls, endpoint, why) in cases {
            var configuration = RPCClientConfiguration(endpoint: endpoint)
            configuration.tls = tls
            let client = RPCClient(configuration: configuration, logger: Logger(label: "test"))
            let error = await #expect(throws: RPCError.self) { try await Self.echo(client) }
            #expect(error?.status == .invalidArgument && error?.reason == "TLS_UNUSABLE", "\(error as Any)")
            #expect(error?.message.contains(why) == true, "\(error as Any)")
            await client.shutdown(grace: .zero)
        }
    }
}
