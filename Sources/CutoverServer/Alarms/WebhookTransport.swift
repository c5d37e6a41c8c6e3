internal import CutoverHTTP
internal import Foundation

/// How a message reaches the receiver.
protocol WebhookTransport: Sendable {
    /// - Returns: the status of the answer.
    /// - Throws: ``WebhookPostError`` when there is none in time; `CancellationError`.
    func post(_ message: WebhookMessage, to url: URL) async throws -> Int
}

/// Why there was no answer; names no address.
struct WebhookPostError: Error {
    /// The transport's own number for it.
    var code: Int
}

/// Posts over HTTP or HTTPS. Follows no redirect, and reads no body: the status is the answer.
struct HTTPWebhookTransport: WebhookTransport {
    /// How long one post may take, from the name's resolution to the status.
    var deadlineMs = 10_000
    /// A PEM file with the authorities that are trusted; empty for those of the system.
    var authoritiesFile = ""

    func post(_ message: WebhookMessage, to url: URL) async throws -> Int {
        let post = HTTPPost(
            url: url.absoluteString,
            headers: message.headers.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) },
            body: [UInt8](message.body), deadlineMs: deadlineMs, authoritiesFile: authoritiesFile)
        do {
            return try await post.status()
        } catch let error as HTTPPostError {
            throw WebhookPostError(code: error.code)
        }
    }
}
