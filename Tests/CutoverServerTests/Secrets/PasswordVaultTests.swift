import CutoverModel
@testable import CutoverServer
import Foundation
import Testing

@Suite struct PasswordVaultTests {
    let vault = PasswordVault(
        key: [UInt8](repeating: 1, count: 32), secretsDirectory: nil, environment: ["CUTOVER_PASSWORD_A": "fromEnv"])
    let endpoint = DatabaseEndpoint(host: "db", user: "u", password: "pässwörd 'x'")

    @Test func sealsAndOpens() throws {
        let sealed = try vault.seal(endpoint, taskID: "t", role: "source")
        #expect(sealed.password.hasPrefix(PasswordVault.prefix) && !sealed.password.contains("pässwörd"))
        #expect(try vault.seal(endpoint, taskID: "t", role: "source").password != sealed.password, "a nonce each time")
        #expect(try vault.open(sealed, taskID: "t", role: "source") == endpoint)
    }

    @Test func opensOnlyWithItsKeyTaskAndEnd() throws {
        let sealed = try vault.seal(endpoint, taskID: "t", role: "source")
        let other = PasswordVault(key: [UInt8](repeating: 2, count: 32), secretsDirectory: nil, environment: [:])
        #expect(throws: PasswordError.self) { try other.open(sealed, taskID: "t", role: "source") }
        #expect(throws: PasswordError.self) { try vault.open(sealed, taskID: "t2", role: "source") }
        #expect(throws: PasswordError.self) { try vault.open(sealed, taskID: "t", role: "destination") }
        #expect(throws: PasswordError.self) { try vault.open(endpoint, taskID: "t", role: "source") }
        var cut = sealed
        cut.password.removeLast(6)
        #expect(throws: PasswordError.self) { try vault.open(cut, taskID: "t", role: "source") }
    }

    @Test func sealedLookingPasswordsAreSealedToo() throws {
        let sly = DatabaseEndpoint(host: "db", password: PasswordVault.prefix + "AAAA")
        let sealed = try vault.seal(sly, taskID: "t", role: "source")
        #expect(sealed != sly)
        #expect(try vault.open(sealed, taskID: "t", role: "source").password == sly.password)
    }

    @Test func errorsHoldNoPassword() throws {
        let sealed = try vault.seal(endpoint, taskID: "t", role: "source")
        do {
            _ = try vault.open(sealed, taskID: "t2", role: "source")
            Issue.record("opened for another task")
        } catch {
            #expect(!"\(error)".contains("pässwörd") && !"\(error)".contains(sealed.password))
        }
    }

    @Test func redacts() {
        #expect(PasswordVault.redact(endpoint)?.password == "")
        #expect(PasswordVault.redact(endpoint)?.user == "u")
        #expect(PasswordVault.redact(nil) == nil)
    }

    @Test func readsOnlyItsOwnVariables() throws {
        let known = DatabaseEndpoint(passwordEnv: "CUTOVER_PASSWORD_A")
        let opened = try vault.open(known, taskID: "t", role: "source")
        #expect(opened.password == "fromEnv" && opened.passwordEnv.isEmpty)
        for name in ["CUTOVER_PASSWORD_B", "PATH", "HOME"] {
            #expect(throws: PasswordError.self) {
                try vault.open(DatabaseEndpoint(passwordEnv: name), taskID: "t", role: "source")
            }
        }
    }

    @Test func readsFilesOnlyBelowTheSecretsDirectory() throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        try directory.write("good", "hunter2\r\n")
        try directory.write("long", String(repeating: "x", count: PasswordVault.maxPasswordBytes + 1))
        let vault = PasswordVault(
            key: [UInt8](repeating: 1, count: 32), secretsDirectory: directory.path, environment: [:])
        #expect(
            try vault.open(DatabaseEndpoint(passwordFile: "good"), taskID: "t", role: "source").password == "hunter2")
        for name in ["../good", "a/b", "..", ".", "missing", "long"] {
            #expect(throws: PasswordError.self) {
                try vault.open(DatabaseEndpoint(passwordFile: name), taskID: "t", role: "source")
            }
        }
        #expect(throws: PasswordError.self) {
            try self.vault.open(DatabaseEndpoint(passwordFile: "good"), taskID: "t", role: "source")
        }
    }
}
