@testable import CutoverServer
import Foundation
import Testing

@Suite struct WebhookTargetTests {
    func target(_ url: String, secret: String = "0123456789abcdef", mode: mode_t = 0o600) throws -> WebhookTarget {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        try directory.write("secret", secret)
        chmod(directory.path + "/secret", mode)
        return try WebhookTarget(url: url, secretFile: directory.path + "/secret")
    }

    @Test(arguments: [
        "", "alarms.example", "ftp://alarms.example/x", "http://", "https:///x", "file:///etc/passwd", "http://a b/",
        "https://alarms.example/x#y", "javascript:1",
    ])
    func badAddresses(url: String) {
        #expect(throws: ConfigurationError.self) { try target(url) }
    }

    @Test func itsNameTellsNothingThatIsSecret() throws {
        let target = try target("https://u:pw1@alarms.example:8443/hook/tok3n?k=tok4n")
        #expect(target.name == "https://alarms.example:8443")
        for text in ["\(target)", String(reflecting: target)] {
            for hidden in ["pw1", "tok3n", "tok4n", "0123456789abcdef"] { #expect(!text.contains(hidden)) }
        }
        #expect(target.url.absoluteString == "https://u:pw1@alarms.example:8443/hook/tok3n?k=tok4n")
    }

    @Test func secretsHaveTheirLengthAndMode() throws {
        _ = try target("http://a/", secret: "0123456789abcdef\r\n")
        _ = try target("http://a/", secret: String(repeating: "x", count: 1_024) + "\n")
        for bad in ["", "0123456789abcde\n", String(repeating: "x", count: 1_025)] {
            #expect(throws: ConfigurationError.self) { try target("http://a/", secret: bad) }
        }
        #expect(throws: ConfigurationError.self) { try target("http://a/", mode: 0o644) }
        #expect(throws: ConfigurationError.self) { try WebhookTarget(url: "http://a/", secretFile: "") }
        #expect(throws: ConfigurationError.self) { try WebhookTarget(url: "http://a/", secretFile: "/nowhere/x") }
    }

    /// What would fail each delivery is told at the start, and names the file.
    @Test func authoritiesAreAFileOfCertificatesForHTTPS() throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let certificates = "# ours\n-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
        try directory.write("secret", "0123456789abcdef")
        chmod(directory.path + "/secret", 0o600)
        try directory.write("ca.pem", certificates)
        try directory.write("key.pem", "-----BEGIN PRIVATE KEY-----\nAAAA\n")
        try directory.write("large.pem", certificates + String(repeating: "#", count: 4 << 20))
        func target(_ url: String, _ name: String) throws -> WebhookTarget {
            try WebhookTarget(
                url: url, secretFile: directory.path + "/secret", authoritiesFile: directory.path + "/" + name)
        }
        #expect(try target("https://a/", "ca.pem").authoritiesFile == directory.path + "/ca.pem")
        for (url, name, says) in [
            ("http://a/", "ca.pem", "https address"), ("https://a/", "none.pem", "none.pem cannot be read"),
            ("https://a/", "key.pem", "certificates as PEM"), ("https://a/", "large.pem", "at most 4 MiB"),
        ] {
            #expect {
                _ = try target(url, name)
            } throws: {
                let error = $0 as? ConfigurationError
                return error?.description.contains("webhook_ca_file") == true
                    && error?.description.contains(says) == true
            }
        }
    }

    @Test func settingsGoTogether() throws {
        var configuration = AlarmConfiguration()
        #expect(try configuration.webhook() == nil)
        configuration.webhookSecretFile = "/x"
        #expect(throws: ConfigurationError.self) { try configuration.webhook() }
        configuration = AlarmConfiguration()
        configuration.webhookCAFile = "/x"
        #expect { try configuration.webhook() } throws: { "\($0)".contains("webhook_ca_file is set, but webhook_url") }
        configuration = AlarmConfiguration()
        configuration.webhookURL = "https://alarms.example/"
        #expect(throws: ConfigurationError.self) { try configuration.webhook() }
    }
}
