import CutoverWire
import NIOCore
import Testing

@testable import CutoverRPC

/// Each row of PROTOCOL.md, "Violations", at a live server.
@Suite struct ServerViolationTests {
    /// What is sent behind preface and HELLO, and the GOAWAY that must follow.
    struct Row: Sendable, CustomTestStringConvertible {
        let name: String
        let hex: String
        let reason: GoAwayReason
        var testDescription: String { name }
    }

    static let slowRequest: String = {
        var buffer = ByteBuffer()
        FrameWriter.writeRequestHead(
            to: &buffer, slot: 1, methodID: TestMethod.sleep.id, flags: 0, timeoutMs: 0, creditBytes: 0,
            metadata: Metadata(), payloadBytes: 0)
        return buffer.readableBytesView.map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
    }()

    static let endlessRequest: String = slowRequest.replacing(
        String(TestMethod.sleep.id, radix: 16).leftPadded, with: String(TestMethod.endless.id, radix: 16).leftPadded
    ).replacing("00000008020000", with: "00000008020100")

    static let rows: [Row] = [
        Row(name: "length over max_frame", hex: "00100001 02 00 0000 00000001 00000001", reason: .frameSize),
        Row(name: "length bomb", hex: "FFFFFFFF 02 00 0000 00000001 00000001", reason: .frameSize),
        Row(
            name: "meta_len over body", hex: "00000008 02 00 0001 00000001 00000001 00000000 00000000",
            reason: .frameSize),
        Row(name: "short REQUEST", hex: "00000007 02 00 0000 00000001 00000001", reason: .frameSize),
        Row(name: "reserved flag", hex: "00000008 02 04 0000 00000001 00000001", reason: .protocolError),
        Row(name: "unknown type", hex: "00000000 0B 00 0000 00000000 00000000", reason: .unsupported),
        Row(name: "wrong direction", hex: "00000000 03 00 0000 00000001 00000000", reason: .protocolError),
        Row(name: "slot 0", hex: "00000008 02 00 0000 00000000 00000001", reason: .protocolError),
        Row(
            name: "slot out of range", hex: "00000008 02 00 0000 00000401 00000001 00000000 00000000",
            reason: .protocolError),
        Row(name: "slot busy", hex: slowRequest + slowRequest, reason: .protocolError),
        Row(name: "second HELLO", hex: "00000000 01 00 0000 00000000 00000000", reason: .protocolError),
        Row(name: "CREDIT 0", hex: "00000000 05 00 0000 00000001 00000000", reason: .flowControl),
        Row(name: "CREDIT over 2^31-1", hex: "00000000 05 00 0000 00000001 80000000", reason: .flowControl),
        Row(
            name: "CREDIT overflow", hex: endlessRequest + "00000000 05 00 0000 00000001 7FFFFFFF".repeated(2),
            reason: .flowControl),
        Row(
            name: "CREDIT for a unary call", hex: slowRequest + "00000000 05 00 0000 00000001 00000001",
            reason: .flowControl),
        Row(
            name: "credit in a unary REQUEST", hex: "00000008 02 00 0000 00000001 00000001 00000000 00000001",
            reason: .flowControl),
        Row(name: "CANCEL reason 0", hex: "00000000 06 00 0000 00000001 00000000", reason: .protocolError),
        Row(
            name: "second unanswered PING",
            hex: "00000008 07 00 0000 00000000 00000000 0000000000000001".repeated(2), reason: .protocolError),
        Row(
            name: "PONG without PING", hex: "00000008 08 00 0000 00000000 00000000 0000000000000001",
            reason: .protocolError),
        Row(
            name: "REQUEST after DRAINED",
            hex: slowRequest
                + "00000000 0A 00 0000 00000000 00000000 00000008 02 00 0000 00000002 00000001 00000000 00000000",
            reason: .protocolError),
    ]

    @Test(arguments: rows) func isAnsweredWithGoAwayAndClose(row: Row) async throws {
        try await TestServer.with { server in
            let raw = try await RawClient.setUp(port: server.port)
            raw.send(hex: row.hex)
            #expect(await eventually { raw.isClosed })
            let last = try #require(raw.frames.last)
            #expect(last.header.type == .goAway)
            #expect(last.header.aux == row.reason.rawValue)
            try await server.withClient { client in
                _ = try await client.unary(TestMethod.echo, ByteBuffer(), options: timeout(5_000))
            }
        }
    }

    @Test func firstFrameMustBeHello() async throws {
        try await TestServer.with { server in
            let raw = try await RawClient.connect(port: server.port)
            raw.send(hex: "B5525043 01 00 0000 00000008 02 00 0000 00000001 00000001 00000000 00000000")
            #expect(await eventually { raw.isClosed })
            #expect(raw.frames.map(\.header.type) == [.hello, .goAway])
        }
    }

    @Test func wrongMagicIsClosedWithoutAWord() async throws {
        try await TestServer.with { server in
            let raw = try await RawClient.connect(port: server.port)
            raw.send(hex: "0102030405060708")
            #expect(await eventually { raw.isClosed })
            #expect(raw.received.readableBytes == 0)
        }
    }

    @Test func httpGetsOne400Line() async throws {
        try await TestServer.with { server in
            let raw = try await RawClient.connect(port: server.port)
            raw.send(ByteBuffer(string: "GET / HTTP/1.1\r\nHost: a\r\n\r\n"))
            #expect(await eventually { raw.isClosed })
            #expect(String(buffer: raw.received).hasPrefix("HTTP/1.1 400 Bad Request\r\n"))
        }
    }

    @Test func otherMajorVersionGetsHelloAndGoAway() async throws {
        try await TestServer.with { server in
            let raw = try await RawClient.connect(port: server.port)
            raw.send(hex: "B5525043 02 00 0000")
            #expect(await eventually { raw.isClosed })
            #expect(raw.frames.map(\.header.type) == [.hello, .goAway])
            #expect(raw.frames.last?.header.aux == GoAwayReason.version.rawValue)
            let hello = try Hello(decoding: try #require(raw.frames.first).body)
            #expect(hello.majorVersions == 1...1)
        }
    }

    @Test func silentConnectionsAreClosedWithoutAWord() async throws {
        try await TestServer.with({ $0.limits.handshakeDeadlineMs = 40 }) { server in
            let silent = try await RawClient.connect(port: server.port)
            #expect(await eventually { silent.isClosed })
            #expect(silent.received.readableBytes == 0)
        }
    }

    @Test func halfFramesAreClosed() async throws {
        try await TestServer.with({ $0.limits.frameDeadlineMs = 40 }) { server in
            let half = try await RawClient.setUp(port: server.port)
            half.send(hex: "00000008 02 00")
            #expect(await eventually { half.isClosed })
            #expect(half.frames.last?.header.aux == GoAwayReason.timeout.rawValue)
        }
    }

    @Test func inputsOverTheLingerLimitAreCutOff() async throws {
        try await TestServer.with { server in
            let raw = try await RawClient.setUp(port: server.port)
            raw.send(ByteBuffer(repeating: 0xFF, count: 8 << 20))
            #expect(await eventually { raw.isClosed })
            #expect(await eventually { server.server.connectionCount == 0 })
        }
    }

    @Test func badMetadataFailsTheCallAndNotTheConnection() async throws {
        try await TestServer.with { server in
            let raw = try await RawClient.setUp(port: server.port)
            raw.send(hex: "0000000C 02 00 0004 00000001 00000001 00000000 00000000 01410000")
            #expect(await eventually { raw.frames.count == 2 })
            #expect(raw.frames.last?.header.status == .invalidArgument)
            raw.send(hex: "00000008 02 00 0000 00000001 00000001 000001F4 00000000")
            #expect(await eventually { raw.frames.count == 3 })
            #expect(raw.frames.last?.header.status == .ok)
            raw.close()
        }
    }

    @Test func moreThanAHundredFaultsCloseTheConnection() async throws {
        try await TestServer.with { server in
            let raw = try await RawClient.setUp(port: server.port)
            raw.send(hex: "00000008 02 00 0000 00000001 000003FF 00000000 00000000".repeated(101))
            #expect(await eventually { raw.isClosed })
            let statuses = raw.frames.filter { $0.header.type == .response }.map(\.header.status)
            #expect(statuses == Array(repeating: .unimplemented, count: 101))
            #expect(raw.frames.last?.header.aux == GoAwayReason.tooManyFaults.rawValue)
        }
    }

    @Test func cancelAndCreditOnAFreeSlotAndExtensionsAreIgnored() async throws {
        try await TestServer.with { server in
            let raw = try await RawClient.setUp(port: server.port)
            raw.send(hex: "00000000 06 00 0000 00000001 00000001 00000000 05 00 0000 00000001 00000001")
            raw.send(hex: "00000003 F0 FF 0000 00000009 00000009 010203")
            raw.send(hex: "00000008 02 00 0000 00000001 00000001 000001F4 00000000")
            #expect(await eventually { raw.frames.count == 2 })
            #expect(raw.frames.last?.header.status == .ok)
            raw.close()
        }
    }

    @Test func goldenHealthCheckAnswersByteForByte() async throws {
        try await TestServer.with { server in
            let raw = try await RawClient.setUp(port: server.port)
            let request = ByteBuffer(hex: "00000008 02 00 0000 00000001 00000001 000001F4 00000000")
            for byte in request.readableBytesView { raw.send(ByteBuffer(bytes: [byte])) }
            #expect(await eventually { raw.frames.count == 2 })
            let answer = ByteBuffer(hex: "00000002 03 00 0000 00000001 00000000 0801")
            #expect(Array(raw.received.readableBytesView.suffix(18)) == Array(answer.readableBytesView))
            raw.close()
        }
    }
}

extension String {
    /// Eight hexadecimal digits.
    var leftPadded: String { String(repeating: "0", count: Swift.max(0, 8 - count)) + self }

    func repeated(_ count: Int) -> String { String(repeating: self + " ", count: count) }
}
