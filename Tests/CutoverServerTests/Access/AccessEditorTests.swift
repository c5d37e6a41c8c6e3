@testable import CutoverServer
import Foundation
import Testing

@Suite struct AccessEditorTests {
    private func withEditor(_ body: (AccessEditor, String) throws -> Void) throws {
        let folder = try TemporaryDirectory()
        defer { folder.remove() }
        try body(AccessEditor(path: folder.path + "/tokens.json", nowMs: { 1_000 }), folder.path + "/tokens.json")
    }

    @Test func whatIsStoredDoesNotHoldTheSecret() throws {
        try withEditor { editor, path in
            let made = try editor.createToken(name: "ann", role: .force, reflection: true, lifetimeMs: 5_000)
            #expect(made.entry.expiresAtMs == 6_000 && made.entry.createdAtMs == 1_000)
            let text = try String(contentsOfFile: path, encoding: .utf8)
            let secret = String(made.text.suffix(43))
            #expect(!text.contains(secret) && text.contains(made.entry.id) && text.contains("\"ann\""))
            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            #expect(mode == 0o600)
            #expect(try editor.tokens() == [made.entry])
            #expect(!"\(made.entry)".contains(secret))
            let left = try FileManager.default.contentsOfDirectory(atPath: (path as NSString).deletingLastPathComponent)
            #expect(Set(left) == ["tokens.json", "tokens.json.lock"], "nothing else is left behind")
        }
    }

    @Test func tokensAndIdentitiesComeAndGo() throws {
        try withEditor { editor, _ in
            let first = try editor.createToken(name: "ann", role: .viewer, reflection: false, lifetimeMs: nil)
            let second = try editor.createToken(name: "ann", role: .admin, reflection: false, lifetimeMs: nil)
            try editor.grant(identity: "spiffe://example/a", role: .viewer, reflection: false)
            try editor.grant(identity: "spiffe://example/a", role: .force, reflection: true)
            #expect(try editor.identities().map(\.role) == [.force])
            try editor.revokeToken(id: first.entry.id)
            #expect(try editor.tokens() == [second.entry])
            #expect(throws: ConfigurationError.self) { try editor.revokeToken(id: first.entry.id) }
            try editor.revoke(identity: "spiffe://example/a")
            #expect(try editor.identities().isEmpty)
            #expect(throws: ConfigurationError.self) { try editor.revoke(identity: "spiffe://example/a") }
        }
    }

    @Test(arguments: [
        "", " ann", "ann\n", "a\u{1B}[31m", "a\u{202E}b", "cutover", "anonymous@1.2.3.4",
        String(repeating: "a", count: 257),
    ])
    func namesThatTheAuditLogCannotShowAreRefused(_ name: String) throws {
        try withEditor { editor, path in
            #expect(throws: ConfigurationError.self) {
                try editor.createToken(name: name, role: .viewer, reflection: false, lifetimeMs: nil)
            }
            #expect(throws: ConfigurationError.self) {
                try editor.grant(identity: name, role: .viewer, reflection: false)
            }
            #expect(!FileManager.default.fileExists(atPath: path))
        }
    }

    @Test func aFileThatCannotBeUsedIsNotOverwritten() throws {
        try withEditor { editor, path in
            _ = try editor.createToken(name: "ann", role: .viewer, reflection: false, lifetimeMs: nil)
            let whole = try String(contentsOfFile: path, encoding: .utf8)
            let bad = [
                "", "{", "[]", whole.replacing("\"version\" : 1", with: "\"version\" : 2"),
                whole.replacing("viewer", with: "emperor"), whole.replacing("\"ann\"", with: "\"cutover\""),
                whole.replacing("secret_sha256\" : \"", with: "secret_sha256\" : \"AAAA"),
            ]
            for text in bad {
                #expect(text != whole)
                try Data(text.utf8).write(to: URL(fileURLWithPath: path))
                try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
                #expect(throws: ConfigurationError.self) {
                    try editor.createToken(name: "bob", role: .viewer, reflection: false, lifetimeMs: nil)
                }
                #expect(try String(contentsOfFile: path, encoding: .utf8) == text)
            }
            try Data(whole.utf8).write(to: URL(fileURLWithPath: path))
            try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: path)
            let error = #expect(throws: ConfigurationError.self) { try AccessFile.load(path: path) }
            #expect(error?.description.contains("chmod 600") == true)
        }
    }

    @Test func manyAtOnceLoseNothing() async throws {
        let folder = try TemporaryDirectory()
        defer { folder.remove() }
        let editor = AccessEditor(path: folder.path + "/tokens.json", nowMs: { 1 })
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<8 {
                group.addTask {
                    _ = try editor.createToken(name: "n\(number)", role: .viewer, reflection: false, lifetimeMs: nil)
                }
            }
            try await group.waitForAll()
        }
        #expect(Set(try editor.tokens().map(\.name)) == Set((0..<8).map { "n\($0)" }))
    }

    @Test(arguments: [("30s", 30_000), ("90m", 5_400_000), ("12h", 43_200_000), ("30d", 2_592_000_000)])
    func lifetimesAreRead(_ text: String, _ ms: Int) throws {
        #expect(try AccessLifetime.parse(text) == Int64(ms))
    }

    @Test(arguments: ["", "30", "d", "0d", "-1d", "1.5h", "1w", "4000d", "9223372036854775807d", " 1d"])
    func otherLifetimesAreRefused(_ text: String) {
        #expect(throws: ConfigurationError.self) { try AccessLifetime.parse(text) }
    }
}
