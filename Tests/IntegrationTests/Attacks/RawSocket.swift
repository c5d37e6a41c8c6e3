import CutoverTestSupport
import Glibc

/// A Unix socket that speaks bytes to a server, for what no client would send. Nothing waits longer than ten seconds.
final class RawSocket {
    private let descriptor: Int32

    /// - Parameter path: of the server's socket.
    init(path: String) throws {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw TestSupportError("no socket: \(String(cString: strerror(errno)))") }
        var limit = timeval(tv_sec: 10, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(descriptor, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
        }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix(107)) }
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
        guard connected else { throw TestSupportError("cannot connect: \(String(cString: strerror(errno)))") }
    }

    deinit {
        close(descriptor)
    }

    /// Sends as much as the server takes, and says how much that was.
    @discardableResult
    func send(_ bytes: [UInt8]) -> Int {
        bytes.withUnsafeBytes { buffer in
            var sent = 0
            while sent < buffer.count {
                let some = Glibc.send(
                    descriptor, buffer.baseAddress?.advanced(by: sent), buffer.count - sent, Int32(MSG_NOSIGNAL))
                guard some > 0 else { break }
                sent += some
            }
            return sent
        }
    }

    /// Sends nothing more.
    func endSending() {
        shutdown(descriptor, Int32(SHUT_WR))
    }

    /// The next bytes, as many as asked for, or fewer at the end.
    func receive(_ count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while bytes.count < count {
            let some = recv(descriptor, &buffer, min(buffer.count, count - bytes.count), 0)
            guard some > 0 else { break }
            bytes += buffer.prefix(some)
        }
        return bytes
    }

    /// Everything up to the server's end.
    func receiveAll() -> [UInt8] {
        receive(.max)
    }

    /// The next frame; nil at the end.
    func receiveFrame() -> RawFrame? {
        let head = receive(16)
        guard head.count == 16 else { return nil }
        let frame = RawFrame(head: head)
        let body = receive(frame.length)
        return body.count == frame.length ? RawFrame(head: head, body: body) : nil
    }
}

/// A frame, made and taken apart by hand.
struct RawFrame {
    var length: Int
    var type: UInt8
    var id: UInt32
    var aux: UInt32
    var body: [UInt8] = []

    static let preface: [UInt8] = [0xB5, 0x52, 0x50, 0x43, 1, 0, 0, 0]
    static let hello: UInt8 = 1
    static let request: UInt8 = 2
    static let response: UInt8 = 3
    static let goAway: UInt8 = 9

    init(head: [UInt8], body: [UInt8] = []) {
        func number(_ place: Int) -> UInt32 { head[place..<place + 4].reduce(0) { $0 << 8 | UInt32($1) } }
        length = Int(number(0))
        type = head[4]
        id = number(8)
        aux = number(12)
        self.body = body
    }

    /// The header of a frame, whatever follows.
    static func head(
        _ type: UInt8, length: UInt32, flags: UInt8 = 0, metadata: UInt16 = 0, id: UInt32 = 0, aux: UInt32 = 0
    ) -> [UInt8] {
        big(length) + [type, flags, UInt8(metadata >> 8), UInt8(truncatingIfNeeded: metadata)] + big(id) + big(aux)
    }

    /// A HELLO with these settings.
    static func hello(_ settings: [(key: UInt16, value: [UInt8])] = []) -> [UInt8] {
        let body = settings.flatMap { big16($0.key) + big16(UInt16($0.value.count)) + $0.value }
        return head(hello, length: UInt32(body.count)) + body
    }

    /// A REQUEST of `package.Service/Method`, or of a number.
    static func request(
        _ method: String? = nil, number: UInt32 = 0, slot: UInt32, flags: UInt8 = 0, metadata: [UInt8] = [],
        payload: [UInt8] = []
    ) -> [UInt8] {
        let body = [UInt8](repeating: 0, count: 8) + metadata + payload
        return head(
            request, length: UInt32(body.count), flags: flags, metadata: UInt16(metadata.count), id: slot,
            aux: method.map(hash) ?? number) + body
    }

    /// FNV-1a-32.
    static func hash(_ name: String) -> UInt32 {
        name.utf8.reduce(0x811C_9DC5) { ($0 ^ UInt32($1)) &* 0x0100_0193 }
    }

    private static func big(_ value: UInt32) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
    }

    private static func big16(_ value: UInt16) -> [UInt8] {
        [UInt8(value >> 8), UInt8(truncatingIfNeeded: value)]
    }
}
