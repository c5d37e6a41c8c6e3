import CutoverModel
import CutoverRPC
@testable import CutoverServer
import Foundation
import Logging
import Testing

@Suite struct AccessListTests {
    /// An access file and what a server makes of it.
    struct Rig {
        let folder: TemporaryDirectory
        let clock = SettableClock()
        let editor: AccessEditor
        var path: String { folder.path + "/tokens.json" }

        init() throws {
            folder = try TemporaryDirectory()
            let clock = clock
            editor = AccessEditor(path: folder.path + "/tokens.json", nowMs: { clock.nowMs })
        }

        func list(hasCertificates: Bool = false) throws -> AccessList {
            let clock = clock
            var logger = Logger(label: "test")
            logger.logLevel = .critical
            return try AccessList(
                path: path, hasCertificates: hasCertificates, logger: logger, nowMs: { clock.nowMs })
        }
    }

    private func request(_ token: String?, _ certificate: RPCPeerCertificate? = nil) -> RPCAuthenticationRequest {
        RPCAuthenticationRequest(
            credentials: token.map { Array($0.utf8) }, certificate: certificate, remoteAddress: "127.0.0.1:1")
    }

    @Test func onlyTheTokenItselfIsTaken() throws {
        let rig = try Rig()
        defer { rig.folder.remove() }
        let made = try rig.editor.createToken(name: "ann", role: .operator, reflection: false, lifetimeMs: nil)
        let other = try rig.editor.createToken(name: "bob", role: .admin, reflection: false, lifetimeMs: nil)
        let list = try rig.list()
        let caller = try list.authenticate(request(made.text))
        #expect(caller.identity == "ann" && caller.permissions == RPCPermissions(role: .operator))
        #expect(caller.isStillValid?() == true)
        // The right id with another's secret, one wrong character at each place, and what is no token at all.
        var wrong = ["", "cut_", "cut_" + made.entry.id + "_" + other.text.suffix(43)]
        for place in 0..<60 {
            var bytes = Array(made.text.utf8)
            bytes[place] = bytes[place] == UInt8(ascii: "a") ? UInt8(ascii: "b") : UInt8(ascii: "a")
            wrong.append(String(decoding: bytes, as: UTF8.self))
        }
        for text in wrong { #expect(throws: RPCAccessDenied.self, "\(text)") { try list.authenticate(request(text)) } }
        #expect(throws: RPCAccessDenied.self) { try list.authenticate(request(nil)) }
    }

    @Test func aTokenEndsWithItsTime() throws {
        let rig = try Rig()
        defer { rig.folder.remove() }
        let made = try rig.editor.createToken(name: "ann", role: .viewer, reflection: true, lifetimeMs: 1_000)
        let list = try rig.list()
        let caller = try list.authenticate(request(made.text))
        #expect(caller.permissions.mayReflect)
        rig.clock.advance(byMs: 999)
        #expect(caller.isStillValid?() == true)
        rig.clock.advance(byMs: 1)
        #expect(caller.isStillValid?() == false)
        #expect(throws: RPCAccessDenied.self) { try list.authenticate(request(made.text)) }
    }

    @Test func changesAreTakenUpAndBrokenFilesAreNot() throws {
        let rig = try Rig()
        defer { rig.folder.remove() }
        let first = try rig.editor.createToken(name: "ann", role: .viewer, reflection: false, lifetimeMs: nil)
        let list = try rig.list()
        let caller = try list.authenticate(request(first.text))
        let second = try rig.editor.createToken(name: "bob", role: .viewer, reflection: false, lifetimeMs: nil)
        #expect(throws: RPCAccessDenied.self) { try list.authenticate(request(second.text)) }
        list.reloadIfChanged()
        #expect(try list.authenticate(request(second.text)).identity == "bob")
        #expect(caller.isStillValid?() == true)
        // Broken, then gone: nobody is locked out, and nobody is let in.
        try Data("{".utf8).write(to: URL(fileURLWithPath: rig.path))
        list.reloadIfChanged()
        #expect(caller.isStillValid?() == true)
        try FileManager.default.removeItem(atPath: rig.path)
        list.reloadIfChanged()
        #expect(list.isRequired && caller.isStillValid?() == true)
        #expect(throws: RPCAccessDenied.self) { try list.authenticate(request(nil)) }
        // A file with another token is what holds then.
        _ = try rig.editor.createToken(name: "eve", role: .viewer, reflection: false, lifetimeMs: nil)
        list.reloadIfChanged()
        #expect(caller.isStillValid?() == false)
        #expect(throws: RPCAccessDenied.self) { try list.authenticate(request(first.text)) }
    }

    @Test func anOpenServerAsksEverybodyOnceThereAreTokens() throws {
        let rig = try Rig()
        defer { rig.folder.remove() }
        let list = try rig.list()
        #expect(!list.isRequired)
        let anonymous = try list.authenticate(request(nil))
        #expect(anonymous.identity == nil && anonymous.permissions == .all && anonymous.isStillValid?() == true)
        list.reloadIfChanged()
        #expect(!list.isRequired)
        _ = try rig.editor.createToken(name: "ann", role: .viewer, reflection: false, lifetimeMs: nil)
        list.reloadIfChanged()
        #expect(list.isRequired && anonymous.isStillValid?() == false)
        #expect(throws: RPCAccessDenied.self) { try list.authenticate(request(nil)) }
    }

    @Test func certificatesAreMappedToRoles() throws {
        let rig = try Rig()
        defer { rig.folder.remove() }
        let list = try rig.list(hasCertificates: true)
        #expect(list.isRequired, "without a file too")
        let certificate = RPCPeerCertificate(identity: "spiffe://example/a", expiresAtMs: rig.clock.nowMs + 1_000)
        #expect(throws: RPCAccessDenied.self) { try list.authenticate(request(nil, certificate)) }
        try rig.editor.grant(identity: "spiffe://example/a", role: .force, reflection: false)
        list.reloadIfChanged()
        let caller = try list.authenticate(request(nil, certificate))
        #expect(caller.identity == "spiffe://example/a" && caller.permissions == RPCPermissions(role: .force))
        #expect(throws: RPCAccessDenied.self, "a wrong token is not made good by a certificate") {
            try list.authenticate(request("cut_wrong", certificate))
        }
        let other = RPCPeerCertificate(identity: "spiffe://example/b", expiresAtMs: .max)
        #expect(throws: RPCAccessDenied.self) { try list.authenticate(request(nil, other)) }
        #expect(caller.isStillValid?() == true)
        rig.clock.advance(byMs: 1_000)
        #expect(caller.isStillValid?() == false, "the certificate has ended")
        #expect(throws: RPCAccessDenied.self) { try list.authenticate(request(nil, certificate)) }
    }

    @Test func aBrokenFileKeepsTheServerFromStarting() throws {
        let rig = try Rig()
        defer { rig.folder.remove() }
        try rig.folder.write("tokens.json", "{}")
        #expect(throws: ConfigurationError.self) { try rig.list() }
    }
}
