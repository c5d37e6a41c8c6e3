import Dispatch
import Glibc

/// A connection to a port of this machine, and whatever is said over it. Waits at most ten seconds for an answer.
public final class HTTPProbe: Sendable {
    /// A system call that failed.
    public struct Failure: Error, CustomStringConvertible {
        public let description: String
    }

    private static let timeoutSeconds = 10

    private let descriptor: Int32

    /// Connects.
    public init(port: Int) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw Failure(description: "socket: \(errno)") }
        var timeout = timeval(tv_sec: Self.timeoutSeconds, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        let result = withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else {
            let code = errno
            close(descriptor)
            throw Failure(description: "connect to port \(port): \(code)")
        }
    }

    deinit {
        close(descriptor)
    }

    /// Sends what the other side takes of this; it may hang up in the middle.
    public func send(_ text: String) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let sent = rest.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard sent > 0 else { return }
            rest = rest.dropFirst(sent)
        }
    }

    /// Says that nothing more will be sent.
    public func finishSending() {
        shutdown(descriptor, Int32(SHUT_WR))
    }

    /// Everything until the other side hangs up, or nothing has come for ten seconds.
    public func receive() async -> String {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                var bytes: [UInt8] = []
                var chunk = [UInt8](repeating: 0, count: 64 << 10)
                while true {
                    let count = recv(self.descriptor, &chunk, chunk.count, 0)
                    guard count > 0 else { break }
                    bytes += chunk.prefix(count)
                }
                continuation.resume(returning: String(decoding: bytes, as: UTF8.self))
            }
        }
    }

    /// The whole answer to a request, status line and headers included.
    public static func request(_ path: String, method: String = "GET", port: Int) async throws -> String {
        let probe = try HTTPProbe(port: port)
        probe.send("\(method) \(path) HTTP/1.1\r\nHost: localhost\r\n\r\n")
        return await probe.receive()
    }
}
