import CCurl
import Foundation
import Synchronization

/// One request under way: libcurl's blocking call on its thread, and whoever waits for it.
final class HTTPExchange: Sendable {
    private enum State {
        case idle
        case waiting(CheckedContinuation<Int, any Error>)
        case ended
    }

    /// What libcurl's callbacks are given; lives on the thread of the call alone.
    private final class Answer {
        let exchange: HTTPExchange
        var headerBytes = 0

        init(_ exchange: HTTPExchange) { self.exchange = exchange }
    }

    /// Once for the process, before any thread uses the library.
    private static let isReady = cutover_curl_global_init() == CURLE_OK

    private let post: HTTPPost
    private let state = Mutex(State.idle)
    private let isCancelled = Atomic<Bool>(false)

    init(_ post: HTTPPost) { self.post = post }

    func run() async throws -> Int {
        guard Self.isReady else { throw HTTPPostError(code: Int(CURLE_FAILED_INIT.rawValue)) }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let begins = state.withLock { state in
                    guard case .idle = state else { return false }
                    state = .waiting(continuation)
                    return true
                }
                guard begins else { return continuation.resume(throwing: CancellationError()) }
                Thread.detachNewThread { [self] in end(perform()) }
            }
        } onCancel: {
            isCancelled.store(true, ordering: .relaxed)
            end(.failure(CancellationError()))
        }
    }

    /// The first end counts.
    private func end(_ result: Result<Int, any Error>) {
        let continuation = state.withLock { state -> CheckedContinuation<Int, any Error>? in
            defer { state = .ended }
            guard case .waiting(let continuation) = state else { return nil }
            return continuation
        }
        continuation?.resume(with: result)
    }

    // MARK: - On the thread

    private func perform() -> Result<Int, any Error> {
        guard let handle = curl_easy_init() else { return Self.failure(CURLE_FAILED_INIT) }
        defer { curl_easy_cleanup(handle) }
        var lines: UnsafeMutablePointer<curl_slist>?
        defer { curl_slist_free_all(lines) }
        // "Expect:" keeps libcurl from asking before it sends.
        for line in post.headers.map({ "\($0.name): \($0.value)" }) + ["Expect:"] {
            guard let longer = curl_slist_append(lines, line) else { return Self.failure(CURLE_OUT_OF_MEMORY) }
            lines = longer
        }
        let answer = Answer(self)
        return withExtendedLifetime(answer) {
            let context = Unmanaged.passUnretained(answer).toOpaque()
            let code = prepare(handle, lines, context)
            guard code == CURLE_OK else { return Self.failure(code) }
            return status(of: handle, after: curl_easy_perform(handle))
        }
    }

    private func prepare(
        _ handle: UnsafeMutableRawPointer, _ lines: UnsafeMutablePointer<curl_slist>?,
        _ context: UnsafeMutableRawPointer
    ) -> CURLcode {
        let numbers: [(CURLoption, Int)] = [
            (CURLOPT_POST, 1), (CURLOPT_POSTFIELDSIZE, post.body.count), (CURLOPT_TIMEOUT_MS, max(1, post.deadlineMs)),
            (CURLOPT_FOLLOWLOCATION, 0), (CURLOPT_HTTP09_ALLOWED, 0), (CURLOPT_NOPROGRESS, 0),
            // Signals are the process's, not a library's.
            (CURLOPT_NOSIGNAL, 1),
        ]
        for (option, number) in numbers {
            let code = cutover_curl_set_long(handle, option, number)
            guard code == CURLE_OK else { return code }
        }
        let trusted = trust(handle)
        guard trusted == CURLE_OK else { return trusted }
        let codes = [
            cutover_curl_set_text(handle, CURLOPT_PROTOCOLS_STR, "http,https"),
            cutover_curl_set_text(handle, CURLOPT_URL, post.url),
            cutover_curl_set_pointer(handle, CURLOPT_HTTPHEADER, lines),
            // Copies as many bytes as were said before; the last is there so that there is one at all.
            (post.body + [0]).withUnsafeBytes { body in
                cutover_curl_set_text(
                    handle, CURLOPT_COPYPOSTFIELDS, body.baseAddress?.assumingMemoryBound(to: CChar.self))
            },
            // A body begins after the status, which is all that is wanted: taking none of it ends the transfer.
            cutover_curl_set_data_callback(handle, CURLOPT_WRITEFUNCTION) { _, _, _, _ in 0 },
            cutover_curl_set_data_callback(handle, CURLOPT_HEADERFUNCTION) { _, size, count, context in
                guard let context else { return 0 }
                let answer = Unmanaged<Answer>.fromOpaque(context).takeUnretainedValue()
                answer.headerBytes += size * count
                return answer.headerBytes <= HTTPPost.maxHeaderBytes ? size * count : 0
            },
            cutover_curl_set_pointer(handle, CURLOPT_HEADERDATA, context),
            cutover_curl_set_progress_callback(handle) { context, _, _, _, _ in
                guard let context else { return 1 }
                let answer = Unmanaged<Answer>.fromOpaque(context).takeUnretainedValue()
                return answer.exchange.isCancelled.load(ordering: .relaxed) ? 1 : 0
            },
            cutover_curl_set_pointer(handle, CURLOPT_XFERINFODATA, context),
        ]
        return codes.first { $0 != CURLE_OK } ?? CURLE_OK
    }

    /// Those authorities that were named, instead of the system's.
    private func trust(_ handle: UnsafeMutableRawPointer) -> CURLcode {
        guard !post.authoritiesFile.isEmpty else { return CURLE_OK }
        let code = cutover_curl_set_text(handle, CURLOPT_CAINFO, post.authoritiesFile)
        return code == CURLE_OK ? cutover_curl_set_text(handle, CURLOPT_CAPATH, nil) : code
    }

    private func status(of handle: UnsafeMutableRawPointer, after code: CURLcode) -> Result<Int, any Error> {
        var status = 0
        guard code == CURLE_OK || code == CURLE_WRITE_ERROR, cutover_curl_status(handle, &status) == CURLE_OK else {
            return Self.failure(code)
        }
        return (100...999).contains(status) ? .success(status) : Self.failure(CURLE_WEIRD_SERVER_REPLY)
    }

    private static func failure(_ code: CURLcode) -> Result<Int, any Error> {
        .failure(HTTPPostError(code: Int(code.rawValue)))
    }
}
