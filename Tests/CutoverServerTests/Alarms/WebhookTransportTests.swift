import Crypto
import CutoverModel
@testable import CutoverServer
import Foundation
import Synchronization
import Testing
import TestRandom

/// A receiver that answers with anything at all: the post ends with a status or an error, and the process goes on.
@Suite struct WebhookTransportTests {
    static let heads = [
        "HTTP/1.1 200 OK", "HTTP/1.0 204 No Content", "HTTP/1.1 302 Found", "HTTP/1.1 307 X", "HTTP/1.1 304 X",
        "HTTP/1.1 401 X", "HTTP/1.1 407 X", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK", "HTTP/1.1 101 X",
        "HTTP/1.1 999 X", "HTTP/1.1 000 X", "HTTP/1.1 -1 X", "HTTP/1.1 99999999999 X", "HTTP/1.1", "HTTP/9.9 200 OK",
        "HTTP/2 200", "", " ", "200 OK", "\u{0}\u{0}", "HTTP/1.1 200 \u{FFFD}\u{1F6A8}",
        "HTTP/1.1 103 Early\r\nLink: x",
    ]
    static let fields = [
        "", "Location: /next", "Location: http://[bad", "Location: ", "Location: ://", "Location: javascript:1",
        "Location: http://127.0.0.1:1/x\r\nLocation: /y", "Content-Length: -1", "Content-Length: 99999999999999999999",
        "Content-Length: 5", "Content-Length: 0", "Transfer-Encoding: chunked", "Transfer-Encoding: gzip, nonsense",
        "Content-Encoding: gzip", "WWW-Authenticate: Basic realm=\"x\"", "WWW-Authenticate: Digest",
        "WWW-Authenticate: ",
        "Proxy-Authenticate: Basic", "Set-Cookie: a=b; Expires=never", "Set-Cookie: ", "Content-Type: ;;;=\"",
        "Content-Type: text/html; charset=nonsense", "Connection: Upgrade\r\nUpgrade: websocket", ": empty", "no colon",
        " folded: yes\r\n and more", "X: \u{1F6A8}", "Refresh: 0; url=/x", "Strict-Transport-Security: max-age=1",
        "Retry-After: -1", "Content-Range: bytes 5-1/0", "Alt-Svc: h3=\":1\"",
        "X: " + String(repeating: "y", count: 70_000),
    ]
    static let bodies = ["", "x", "5\r\nhello\r\n0\r\n\r\n", "zz\r\n", "\u{1F}\u{FFFD}", "ffffffffffffffff\r\n"]

    func message() throws -> WebhookMessage {
        try WebhookMessage(Alarm(id: "a1"), secret: SymmetricKey(data: Data("secret".utf8)), nowMs: 1_000)
    }

    /// Posts to a receiver that gives these answers, one after the other.
    func post(_ answers: [[UInt8]], deadlineMs: Int = 2_000) async throws {
        let receiver = try WebhookReceiver { _, count in .raw(count < answers.count ? answers[count] : []) }
        defer { receiver.close() }
        let url = try #require(URL(string: receiver.url))
        let transport = HTTPWebhookTransport(deadlineMs: deadlineMs)
        let message = try message()
        for _ in answers { _ = try? await transport.post(message, to: url) }
        #expect(receiver.requests.count == answers.count, "each is asked once, whatever it said")
    }

    @Test func anyField() async throws {
        let answers = Self.heads.flatMap { head in
            Self.fields.map { Array((head + "\r\n" + $0 + "\r\n\r\n" + (Self.bodies.randomElement() ?? "")).utf8) }
        }
        try await post(answers)
    }

    @Test func anyBytes() async throws {
        let seed = UInt64.random(in: 0 ... .max)
        print("seed \(seed)")
        var random = SplitMix64(seed: seed)
        var answers: [[UInt8]] = []
        for _ in 0..<300 {
            var text = Self.heads.randomElement(using: &random) ?? ""
            for _ in 0..<Int.random(in: 0..<4, using: &random) {
                text += "\r\n" + (Self.fields.randomElement(using: &random) ?? "")
            }
            var bytes = Array((text + "\r\n\r\n" + (Self.bodies.randomElement(using: &random) ?? "")).utf8)
            for _ in 0..<Int.random(in: 0..<6, using: &random) where !bytes.isEmpty {
                let index = Int.random(in: 0..<bytes.count, using: &random)
                if Bool.random(using: &random) {
                    bytes[index] = UInt8.random(in: 0...255, using: &random)
                } else {
                    bytes.removeSubrange(index..<min(bytes.count, index + Int.random(in: 1...20, using: &random)))
                }
            }
            answers.append(bytes)
        }
        try await post(answers)
    }

    /// Answers that cross the deadline or the cancellation of the post.
    @Test func anyMoment() async throws {
        let seed = UInt64.random(in: 0 ... .max)
        print("seed \(seed)")
        let random = Mutex(SplitMix64(seed: seed))
        let receiver = try WebhookReceiver { _, count in
            usleep(random.withLock { UInt32.random(in: 0..<6_000, using: &$0) })
            return count.isMultiple(of: 2) ? .redirect("/x") : .status(200)
        }
        defer { receiver.close() }
        let url = try #require(URL(string: receiver.url))
        let message = try message()
        for turn in 0..<300 {
            let (deadlineMs, cancelMs) = random.withLock {
                (Int.random(in: 1...6, using: &$0), Int64.random(in: 0...6, using: &$0))
            }
            let post = Task { try await HTTPWebhookTransport(deadlineMs: deadlineMs).post(message, to: url) }
            if turn.isMultiple(of: 3) {
                try await Task.sleep(for: .milliseconds(cancelMs))
                post.cancel()
            }
            _ = await post.result
        }
    }
}
