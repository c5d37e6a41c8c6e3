import Crypto
import CutoverModel
@testable import CutoverServer
import CutoverSQLite
import CutoverTasks
import Foundation
import Testing

@Suite struct WebhookSenderTests {
    static let secret = "a secret of some length"

    let store = InMemoryTaskStore()
    let clock = SettableClock(nowMs: 1_700_000_000_000)
    let log = RecordingLog()
    let changes = RevisionWaiters(revision: 0, limit: 100)

    func sender(
        _ receiver: WebhookReceiver, url: String? = nil, deadlineMs: Int = 10_000
    ) throws -> WebhookSender {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        try directory.write("secret", Self.secret + "\n")
        chmod(directory.path + "/secret", 0o600)
        let clock = clock
        return WebhookSender(
            store: store, target: try WebhookTarget(url: url ?? receiver.url, secretFile: directory.path + "/secret"),
            transport: HTTPWebhookTransport(deadlineMs: deadlineMs), changes: changes, logger: log.logger,
            nowMs: { clock.nowMs })
    }

    @discardableResult
    func save(_ id: String, repeated: Bool = false, cleared: Bool = false) async throws -> Alarm {
        let alarm = Alarm(
            id: id, kind: .lagHigh, taskId: "t1", message: "The \"lag\" is <high>: \u{1F6A8}/\u{7}",
            raisedAtMs: clock.nowMs,
            repeatedAtMs: repeated ? clock.nowMs : 0, clearedAtMs: cleared ? clock.nowMs : 0, count: 1,
            taskName: "shop", clearedReason: cleared ? "the lag is back to 2 s" : "")
        let saved = try #require(try await store.saveAlarms([alarm], delivers: true).first)
        changes.advance(to: saved.change)
        return saved
    }

    func owed() async throws -> [AlarmDelivery] { try await store.deliveries(dueBy: .max, limit: 100) }

    @Test func aDeliveryIsSignedAndSaysEverything() async throws {
        let receiver = try WebhookReceiver()
        defer { receiver.close() }
        let alarm = try await save("a1", cleared: true)
        #expect(try await sender(receiver).deliverDue() == 1)
        #expect(try await owed().isEmpty)
        let request = try #require(receiver.requests.first)
        #expect(receiver.requests.count == 1)
        #expect(request.path == "/alarms")
        #expect(request.headers["cutover-delivery"] == "1")
        #expect(request.headers["content-type"] == "application/json")
        let code = HMAC<SHA256>.authenticationCode(
            for: Data("1700000000.".utf8) + request.body, using: SymmetricKey(data: Data(Self.secret.utf8)))
        let hex = code.map { String(format: "%02x", $0) }.joined()
        #expect(request.headers["cutover-signature"] == "t=1700000000,v1=\(hex)")
        let body = try #require(try JSONSerialization.jsonObject(with: request.body) as? [String: Any])
        #expect(
            body.keys.sorted() == [
                "change", "cleared_at_ms", "cleared_reason", "count", "id", "kind", "message", "raised_at_ms",
                "repeated_at_ms", "state", "task_id", "task_name",
            ])
        #expect(body["message"] as? String == alarm.message)
        #expect(body["kind"] as? String == "LAG_HIGH" && body["state"] as? String == "cleared")
        #expect(body["cleared_at_ms"] as? Int64 == clock.nowMs && body["change"] as? Int == 1)
    }

    @Test func theStateIsToldByTheAlarm() {
        #expect(WebhookMessage.state(Alarm(raisedAtMs: 1)) == "raised")
        #expect(WebhookMessage.state(Alarm(raisedAtMs: 1, repeatedAtMs: 2)) == "repeated")
        #expect(WebhookMessage.state(Alarm(raisedAtMs: 1, repeatedAtMs: 2, clearedAtMs: 3)) == "cleared")
    }

    /// Made with: printf '1700000000.{}' | openssl dgst -sha256 -hmac 'key'
    @Test func aKnownSignature() {
        #expect(
            WebhookMessage.signature(
                of: Data("{}".utf8), secret: SymmetricKey(data: Data("key".utf8)), seconds: 1_700_000_000)
                == "t=1700000000,v1=9d713ed406bb7076d4123f0dc2c39d2df5c654ed4b0cd56b52c8b4c940bd63ae")
    }

    @Test(arguments: [301, 400, 401, 404, 408, 410, 425, 429, 500, 503])
    func whateverIsNotASuccessIsTriedAgain(status: Int) async throws {
        let receiver = try WebhookReceiver { _, count in .status(count < 3 ? status : 200) }
        defer { receiver.close() }
        let sender = try sender(receiver)
        try await save("a1")
        for attempt in 1...3 as ClosedRange<UInt32> {
            #expect(try await sender.deliverDue() == 1)
            let delivery = try #require(try await owed().first)
            #expect(delivery.attempts == attempt)
            #expect(delivery.dueAtMs > clock.nowMs && delivery.dueAtMs <= clock.nowMs + 1_000 << Int64(attempt - 1))
            #expect(try await sender.deliverDue() == 0, "not before it is due")
            clock.advance(byMs: 10_000)
        }
        #expect(try await sender.deliverDue() == 1)
        #expect(try await owed().isEmpty)
        #expect(receiver.requests.count == 4)
        #expect(log.count(of: "it is tried again") == 1, "said once")
        #expect(log.count(of: "delivered again") == 1)
    }

    @Test func aRedirectIsNotFollowed() async throws {
        let other = try WebhookReceiver()
        defer { other.close() }
        let receiver = try WebhookReceiver { [url = other.url] _, _ in .redirect(url) }
        defer { receiver.close() }
        try await save("a1")
        #expect(try await sender(receiver).deliverDue() == 1)
        #expect(other.requests.isEmpty && receiver.requests.count == 1)
        #expect(try await owed().first?.attempts == 1)
    }

    @Test func nobodyListens() async throws {
        let receiver = try WebhookReceiver()
        receiver.close()
        try await save("a1")
        let sender = try sender(receiver)
        // The port is free again once the thread that listened has ended.
        #expect(try await sender.deliverDue() == 1)
        #expect(try await owed().first?.attempts == 1)
    }

    @Test(arguments: ["silence", "trickle"])
    func aReceiverThatDoesNotAnswerIsGivenUpAtTheDeadline(how: String) async throws {
        let receiver = try WebhookReceiver { _, _ in how == "silence" ? .silence : .trickle }
        defer { receiver.close() }
        try await save("a1")
        #expect(try await sender(receiver, deadlineMs: 200).deliverDue() == 1)
        #expect(try await owed().first?.attempts == 1)
    }

    @Test func anEndlessAnswerIsNotRead() async throws {
        let receiver = try WebhookReceiver { _, _ in .flood }
        defer { receiver.close() }
        try await save("a1")
        #expect(try await sender(receiver).deliverDue() == 1)
        #expect(try await owed().isEmpty, "the status is the answer")
    }

    @Test func aLaterChangeNeverOvertakes() async throws {
        let receiver = try WebhookReceiver { _, count in .status(count < 2 ? 500 : 200) }
        defer { receiver.close() }
        let sender = try sender(receiver)
        try await save("a1")
        #expect(try await sender.deliverDue() == 1)
        try await save("a1", cleared: true)
        try await save("a2")
        #expect(try await sender.deliverDue() == 1, "the other alarm alone")
        clock.advance(byMs: 1_000)
        while try await !owed().isEmpty {
            clock.advance(byMs: 10_000)
            _ = try await sender.deliverDue()
        }
        let states = try receiver.requests.map { request in
            let body = try #require(try JSONSerialization.jsonObject(with: request.body) as? [String: Any])
            return "\(body["id"] ?? "") \(body["state"] ?? "")"
        }
        #expect(states.filter { $0.hasPrefix("a1") } == ["a1 raised", "a1 raised", "a1 cleared"])
    }

    @Test func whatIsOwedOutlivesTheServer() async throws {
        let dead = try WebhookReceiver { _, _ in .status(503) }
        let first = try sender(dead)
        for id in ["a1", "a2", "a3"] { try await save(id) }
        await first.start()
        try await dead.waitFor(3)
        await first.shutDown()
        dead.close()
        #expect(try await owed().count == 3)
        let receiver = try WebhookReceiver()
        defer { receiver.close() }
        clock.advance(byMs: 600_000)
        let second = try sender(receiver)
        await second.start()
        try await receiver.waitFor(3)
        await second.shutDown()
        #expect(Set(receiver.requests.compactMap { $0.headers["cutover-delivery"] }) == ["1", "2", "3"])
    }

    /// A receiver that never answers must not hold up the server's end, or whoever writes alarms.
    @Test func aDeadReceiverHoldsUpNobody() async throws {
        let receiver = try WebhookReceiver { _, _ in .silence }
        defer { receiver.close() }
        let sender = try sender(receiver, deadlineMs: 3_600_000)
        await sender.start()
        try await save("a1")
        try await receiver.waitFor(1)
        for number in 2...50 { try await save("a\(number)") }
        try await receiver.waitFor(4)
        await sender.shutDown()
        #expect(try await owed().count == 50)
        #expect(receiver.requests.count <= 4)
    }

    @Test func aFullDiskDoesNotMakeItSayTheSameAgain() async throws {
        let receiver = try WebhookReceiver()
        defer { receiver.close() }
        let sender = try sender(receiver)
        try await save("a1")
        await store.refuseWrites(with: TaskStoreError(.full, "no room"))
        for _ in 0..<3 { await #expect(throws: TaskStoreError.self) { try await sender.deliverDue() } }
        await store.refuseWrites(with: nil)
        _ = try await sender.deliverDue()
        #expect(try await owed().isEmpty)
        #expect(receiver.requests.count == 1)
    }

    @Test func itIsWokenByAChange() async throws {
        let receiver = try WebhookReceiver()
        defer { receiver.close() }
        let sender = try sender(receiver)
        await sender.start()
        for number in 1...20 {
            try await save("a\(number)")
            try await receiver.waitFor(number)
        }
        await sender.shutDown()
    }

    @Test func aDayOldChangeIsGivenUp() async throws {
        let receiver = try WebhookReceiver { _, _ in .status(500) }
        defer { receiver.close() }
        let sender = try sender(receiver)
        try await save("a1")
        clock.advance(byMs: 86_400_000 - 1)
        _ = try await sender.deliverDue()
        #expect(try await owed().count == 1)
        clock.advance(byMs: 600_000)
        _ = try await sender.deliverDue()
        #expect(try await owed().isEmpty)
        #expect(log.count(of: "given up") == 1)
    }

    @Test func addressAndSecretAreNeverLogged() async throws {
        let receiver = try WebhookReceiver { _, count in .status(count == 0 ? 500 : 200) }
        defer { receiver.close() }
        let sender = try sender(
            receiver, url: "http://user:hunter2@127.0.0.1:\(receiver.port)/in?token=tok3n")
        try await save("a1")
        _ = try await sender.deliverDue()
        clock.advance(byMs: 10_000)
        _ = try await sender.deliverDue()
        receiver.close()
        try await save("a2")
        _ = try await sender.deliverDue()
        #expect(log.count(of: "http://127.0.0.1:\(receiver.port)") >= 2)
        for hidden in ["hunter2", "tok3n", Self.secret, "user:"] { #expect(!log.text.contains(hidden), "\(hidden)") }
        #expect(receiver.requests.first?.path == "/in?token=tok3n")
    }
}
