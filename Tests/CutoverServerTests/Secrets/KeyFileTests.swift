@testable import CutoverServer
import Foundation
import Testing

@Suite struct KeyFileTests {
    @Test func makesAKeyOnceThatOnlyTheOwnerMayRead() throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let path = directory.path + "/key"
        let key = try KeyFile.load(path: path)
        #expect(key.count == KeyFile.keyBytes && Set(key).count > 8)
        #expect(try KeyFile.load(path: path) == key)
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
    }

    @Test(arguments: [0o640, 0o604, 0o660, 0o666]) func refusesAKeyThatOthersMayRead(_ mode: Int) throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let path = directory.path + "/key"
        _ = try KeyFile.load(path: path)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        #expect(throws: ConfigurationError.self) { try KeyFile.load(path: path) }
    }

    @Test(arguments: [0, 31, 33]) func refusesAKeyOfAnotherLength(_ bytes: Int) throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        try directory.write("key", String(repeating: "k", count: bytes))
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o600], ofItemAtPath: directory.path + "/key")
        #expect(throws: ConfigurationError.self) { try KeyFile.load(path: directory.path + "/key") }
    }

    @Test func saysWhenTheDirectoryIsMissing() {
        #expect(throws: ConfigurationError.self) { try KeyFile.load(path: "/nonexistent/cutover/key") }
    }
}
