import Crypto
import CutoverModel
@testable import CutoverServer
import Foundation
import Testing

/// Alarms go to nobody but the receiver that was meant: its certificate is checked before anything is sent.
@Suite(.serialized) struct WebhookTrustTests {
    static let payload = "orders are 4711 s behind"

    private func post(to receiver: TLSReceiver, authoritiesFile: String) async throws -> Int {
        let url = try #require(URL(string: receiver.url))
        let message = try WebhookMessage(
            Alarm(id: "a1", message: Self.payload), secret: SymmetricKey(data: Data("secret".utf8)), nowMs: 1_000)
        return try await HTTPWebhookTransport(deadlineMs: 20_000, authoritiesFile: authoritiesFile)
            .post(message, to: url)
    }

    private func settings(_ receiver: TLSReceiver, _ certificates: TestCertificates) throws -> AlarmConfiguration {
        try certificates.directory.write("secret", "0123456789abcdef")
        chmod(certificates.path("secret"), 0o600)
        var configuration = AlarmConfiguration()
        configuration.webhookURL = receiver.url
        configuration.webhookSecretFile = certificates.path("secret")
        configuration.webhookCAFile = certificates.path("ca.pem")
        return configuration
    }

    @Test func aReceiverWhoseAuthorityWasNamedIsTrusted() async throws {
        let certificates = try TestCertificates()
        defer { certificates.remove() }
        let receiver = try TLSReceiver(certificates, "here")
        defer { receiver.close() }
        let target = try #require(try settings(receiver, certificates).webhook())
        async let status = post(to: receiver, authoritiesFile: target.authoritiesFile)
        try await receiver.waitFor(Self.payload)
        try receiver.answer(204)
        #expect(try await status == 204)
        #expect(receiver.text.contains("POST /alarms HTTP/1.1") && receiver.text.contains("Cutover-Signature: t=1,v1="))
    }

    /// - Parameters:
    ///   - certificate: what the receiver shows.
    ///   - authority: what is trusted; empty for the system's.
    @Test(arguments: [("here", ""), ("here", "other.pem"), ("elsewhere", "ca.pem"), ("ca", "other.pem")])
    func anyOtherReceiverGetsNothing(_ certificate: String, _ authority: String) async throws {
        let certificates = try TestCertificates()
        defer { certificates.remove() }
        let receiver = try TLSReceiver(certificates, certificate)
        defer { receiver.close() }
        do {
            let status = try await post(
                to: receiver, authoritiesFile: authority.isEmpty ? "" : certificates.path(authority))
            Issue.record("it was sent, and answered with \(status)")
        } catch let error as WebhookPostError {
            #expect(error.code == 60, "the certificate was not trusted")
        }
        try await receiver.waitForEnd()
        for sent in ["POST", "Cutover-Signature", "task_name", Self.payload, "/alarms"] {
            #expect(!receiver.text.contains(sent), "\(sent)")
        }
    }

    /// A change that an untrusted receiver did not get is still owed.
    @Test func whatWasNotTrustedIsTriedAgain() async throws {
        let certificates = try TestCertificates()
        defer { certificates.remove() }
        let receiver = try TLSReceiver(certificates, "elsewhere")
        defer { receiver.close() }
        let stage = AlarmStage(delivers: true)
        try await stage.put(.incrementalMigrationFailed, failure: "POSITION_LOST")
        let log = RecordingLog()
        let desk = try await AlarmDesk(
            try settings(receiver, certificates), store: stage.store, board: stage.board, logger: log.logger,
            nowMs: { [stage] in stage.clock.nowMs })
        await desk.start()
        try await receiver.waitForEnd()
        let deadline = ContinuousClock.now + .seconds(30)
        while try await stage.store.deliveries(dueBy: .max, limit: 10).first?.attempts != 1 {
            guard ContinuousClock.now < deadline else { throw CertificateError.never("tried once") }
            try await Task.sleep(for: .milliseconds(2))
        }
        await desk.shutDown()
        #expect(!receiver.text.contains("POSITION_LOST") && !receiver.text.contains("POST"))
        #expect(try await stage.store.deliveries(dueBy: .max, limit: 10).count == 1)
    }
}
