internal import Foundation
internal import FoundationNetworking
internal import Synchronization

/// How a message reaches the receiver.
protocol WebhookTransport: Sendable {
    /// - Returns: the status of the answer.
    /// - Throws: when there is none in time; `CancellationError`.
    func post(_ message: WebhookMessage, to url: URL) async throws -> Int
}

/// Why there was no answer; names no address.
struct WebhookPostError: Error {
    /// Of `NSURLErrorDomain`; 0 for another one.
    var code: Int
}

/// Posts over HTTP. Follows no redirect, and reads no body: the status is the answer.
struct HTTPWebhookTransport: WebhookTransport {
    /// How long one post may take, from the name's resolution to the status.
    var deadlineMs: Int64 = 10_000

    func post(_ message: WebhookMessage, to url: URL) async throws -> Int {
        var request = URLRequest(url: url)
        request.httpMethod = "POST"
        request.httpBody = message.body
        request.timeoutInterval = Double(deadlineMs) / 1000
        for (name, value) in message.headers { request.setValue(value, forHTTPHeaderField: name) }
        let exchange = WebhookExchange()
        let configuration = URLSessionConfiguration.ephemeral
        configuration.httpCookieAcceptPolicy = .never
        configuration.httpShouldSetCookies = false
        configuration.urlCache = nil
        // One session for one exchange: its delegate is released with it.
        let session = URLSession(configuration: configuration, delegate: exchange, delegateQueue: nil)
        let task = session.dataTask(with: request)
        defer { session.invalidateAndCancel() }
        // The session's own limit begins anew with every byte.
        let timer = Task {
            try await Task.sleep(for: .milliseconds(deadlineMs))
            exchange.end(.failure(WebhookPostError(code: URLError.timedOut.rawValue)))
        }
        defer { timer.cancel() }
        return try await withTaskCancellationHandler {
            try await exchange.answer { task.resume() }
        } onCancel: {
            exchange.end(.failure(CancellationError()))
        }
    }
}

/// One request and what came of it.
private final class WebhookExchange: NSObject, URLSessionDataDelegate, Sendable {
    private enum State {
        case idle
        case waiting(CheckedContinuation<Int, any Error>)
        case ended(Result<Int, any Error>)
    }

    private let state = Mutex(State.idle)

    /// Begins, and waits for the end.
    func answer(_ begin: () -> Void) async throws -> Int {
        try await withCheckedThrowingContinuation { continuation in
            let result = state.withLock { state -> Result<Int, any Error>? in
                if case .ended(let result) = state { return result }
                state = .waiting(continuation)
                return nil
            }
            if let result { continuation.resume(with: result) } else { begin() }
        }
    }

    /// The first end counts.
    func end(_ result: Result<Int, any Error>) {
        let continuation = state.withLock { state -> CheckedContinuation<Int, any Error>? in
            switch state {
            case .ended: return nil
            case .idle:
                state = .ended(result)
                return nil
            case .waiting(let continuation):
                state = .ended(result)
                return continuation
            }
        }
        continuation?.resume(with: result)
    }

    func urlSession(
        _ session: URLSession, dataTask: URLSessionDataTask, didReceive response: URLResponse,
        completionHandler: @escaping (URLSession.ResponseDisposition) -> Void
    ) {
        end(status(response))
        completionHandler(.cancel)
    }

    func urlSession(
        _ session: URLSession, task: URLSessionTask, willPerformHTTPRedirection response: HTTPURLResponse,
        newRequest request: URLRequest, completionHandler: @escaping (URLRequest?) -> Void
    ) {
        end(status(response))
        completionHandler(nil)
    }

    func urlSession(_ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?) {
        if let error {
            end(.failure(WebhookPostError(code: (error as? URLError)?.errorCode ?? 0)))
        } else {
            end(status(task.response))
        }
    }

    private func status(_ response: URLResponse?) -> Result<Int, any Error> {
        guard let response = response as? HTTPURLResponse else { return .failure(WebhookPostError(code: 0)) }
        return .success(response.statusCode)
    }
}
