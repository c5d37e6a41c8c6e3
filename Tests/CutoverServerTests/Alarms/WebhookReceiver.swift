import Foundation
import Glibc
import Synchronization

/// A real HTTP server on loopback: takes one request a connection, keeps it, and answers as the test says.
///
/// Unchecked because of the descriptor alone, which is written once before anybody else has this object.
final class WebhookReceiver: @unchecked Sendable {
    struct Request: Sendable {
        var path: String
        /// By their names in lower case.
        var headers: [String: String]
        var body: Data
    }

    enum Answer: Sendable {
        case status(Int)
        /// With a `Location`.
        case redirect(String)
        /// Nothing, until the receiver is closed.
        case silence
        /// A status line that never ends, a byte at a time.
        case trickle
        /// A good status and a body that never ends.
        case flood
        /// Exactly these bytes.
        case raw([UInt8])
    }

    private struct State {
        var requests: [Request] = []
        var isClosed = false
        var answer: @Sendable (Request, Int) -> Answer
    }

    private let state: Mutex<State>
    private let descriptor: Int32
    let port: UInt16

    var url: String { "http://127.0.0.1:\(port)/alarms" }
    var requests: [Request] { state.withLock { $0.requests } }

    /// - Parameters:
    ///   - port: 0 for a free one.
    ///   - answer: for a request and how many came before it.
    init(port: UInt16 = 0, answer: @escaping @Sendable (Request, Int) -> Answer = { _, _ in .status(204) }) throws {
        state = Mutex(State(answer: answer))
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = descriptor
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                bind(descriptor, generic, length) == 0 && listen(descriptor, 64) == 0
                    && getsockname(descriptor, generic, &length) == 0
            }
        }
        guard isBound else { throw ReceiverError.noPort }
        self.port = UInt16(bigEndian: address.sin_port)
        Thread.detachNewThread { [self] in acceptAll() }
    }

    /// Ends listening; what is being answered ends too.
    func close() {
        state.withLock { $0.isClosed = true }
        shutdown(descriptor, Int32(SHUT_RDWR))
    }

    /// Waits until so many requests have come.
    func waitFor(_ count: Int) async throws {
        let deadline = ContinuousClock.now + .seconds(30)
        while requests.count < count {
            guard ContinuousClock.now < deadline else { throw ReceiverError.never(count, requests.count) }
            try await Task.sleep(for: .milliseconds(2))
        }
    }

    private var isClosed: Bool { state.withLock { $0.isClosed } }

    private func acceptAll() {
        while case let connection = accept(descriptor, nil, nil), connection >= 0 {
            Thread.detachNewThread { [self] in
                serve(connection)
                Glibc.close(connection)
            }
        }
        Glibc.close(descriptor)
    }

    private func serve(_ connection: Int32) {
        guard let request = Self.read(connection) else { return }
        let answer = state.withLock { state in
            state.requests.append(request)
            return state.answer(request, state.requests.count - 1)
        }
        switch answer {
        case .status(let status):
            Self.send(connection, "HTTP/1.1 \(status) X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        case .redirect(let location):
            Self.send(
                connection, "HTTP/1.1 302 X\r\nLocation: \(location)\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        case .silence: while !isClosed { usleep(2_000) }
        case .trickle:
            Self.send(connection, "HTTP/1.1 200 ")
            while !isClosed, Self.send(connection, "x") { usleep(20_000) }
        case .flood:
            Self.send(connection, "HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n")
            let chunk = String(repeating: "x", count: 65_536)
            while !isClosed, Self.send(connection, chunk) {}
        case .raw(let bytes): Self.send(connection, bytes)
        }
    }

    @discardableResult
    private static func send(_ connection: Int32, _ text: String) -> Bool {
        send(connection, Array(text.utf8))
    }

    @discardableResult
    private static func send(_ connection: Int32, _ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    private static func read(_ connection: Int32) -> Request? {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let text = String(decoding: bytes, as: UTF8.self)
            if let end = text.range(of: "\r\n\r\n") {
                let lines = text[..<end.lowerBound].components(separatedBy: "\r\n")
                var headers: [String: String] = [:]
                for line in lines.dropFirst() {
                    let parts = line.split(separator: ":", maxSplits: 1)
                    guard parts.count == 2 else { return nil }
                    headers[parts[0].lowercased()] = parts[1].trimmingCharacters(in: .whitespaces)
                }
                let body = bytes.dropFirst(text[..<end.upperBound].utf8.count)
                let length = Int(headers["content-length"] ?? "0") ?? 0
                if body.count >= length {
                    let path = lines.first?.split(separator: " ").dropFirst().first ?? ""
                    return Request(path: String(path), headers: headers, body: Data(body.prefix(length)))
                }
            }
            let count = recv(connection, &chunk, chunk.count, 0)
            guard count > 0 else { return nil }
            bytes += chunk.prefix(count)
        }
    }
}

enum ReceiverError: Error {
    case noPort
    case never(Int, Int)
}
