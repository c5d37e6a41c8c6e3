import CutoverModel
import CutoverWire
import Logging
import NIOCore
import TestVectors
import Testing

@testable import CutoverRPC

/// The vectors of `proto/vectors` that a client can send, at a live server.
@Suite struct ServerVectorTests {
    private static let preface = "B5525043 01 00 0000 "
    private static let hello = "00000006 01 00 0000 00000000 00000000 0002 0002 0010 "
    private static let health = " 00000008 02 00 0000 00000001 00000001 000001F4 00000000"
    private static let lastPing = "00000008 07 00 0000 00000000 00000000 EEEEEEEEEEEEEEEE"

    /// A server with 16 slots and the methods of `proto/vectors/README.md`.
    private func withServer(
        maxFrameBytes: UInt32 = 1 << 20, _ body: (Int) async throws -> Void
    ) async throws {
        var configuration = RPCServerConfiguration(endpoint: .tcp(host: "127.0.0.1", port: 0))
        configuration.limits.maxInFlight = 16
        configuration.limits.maxFrameBytes = maxFrameBytes
        var router = RPCRouter()
        try router.register(TestMethod.health, inlineUnary: { _, _ in ByteBuffer(bytes: [0x08, 0x01]) })
        try router.register(Self.method("Wait", .unary), unary: { _, _ in try await Self.waitForCancel() })
        try router.register(
            Self.method("Watch", .serverStream), serverStream: { _, _, _ in _ = try await Self.waitForCancel() })
        let server = try await RPCServer.start(
            configuration: configuration, router: router, logger: Logger(label: "test"))
        do {
            try await body(try #require(server.port))
        } catch {
            await server.shutdown(grace: .zero)
            throw error
        }
        await server.shutdown(grace: .zero)
    }

    private static func method(_ name: String, _ kind: RPCMethod.Kind) -> RPCMethod {
        let name = "vectors.Test/\(name)"
        return RPCMethod(name: name, id: MethodID.hash(of: name), kind: kind, isIdempotent: false, role: .any)
    }

    private static func waitForCancel() async throws -> ByteBuffer {
        try await Task.sleep(for: .seconds(3_600))
        return ByteBuffer()
    }

    private func connect(port: Int, _ texts: String...) async throws -> RawClient {
        let raw = try await RawClient.connect(port: port)
        raw.send(ByteBuffer(bytes: try texts.flatMap { try HexNotation.bytes($0) }))
        return raw
    }

    private func expectGoAway(_ reason: Int64, _ raw: RawClient, _ name: String) async {
        #expect(await eventually { raw.isClosed }, "\(name) must close the connection")
        #expect(raw.frames.last?.header.type == .goAway, "\(name)")
        #expect((raw.frames.last?.header.aux).map { Int64($0) } == reason, "\(name)")
    }

    @Test func prefaces() async throws {
        try await withServer { port in
            for vector in try VectorFiles.all(.preface) {
                let raw = try await connect(port: port, vector.bytes ?? "")
                let bytes = try vector.data()
                let whole = try HexNotation.bytes(Self.preface)
                switch vector.expect?["preface"]?.string {
                case "accepted":
                    #expect(await eventually { raw.frames.first?.header.type == .hello }, "\(vector)")
                case "incomplete":
                    let isOurs = whole.starts(with: bytes)
                    raw.send(isOurs ? ByteBuffer(bytes: whole.dropFirst(bytes.count)) : ByteBuffer(string: " /"))
                    #expect(await eventually { raw.received.readableBytes > 0 }, "\(vector)")
                    #expect(raw.received.getString(at: 0, length: 4) == "HTTP" || isOurs, "\(vector)")
                case "http":
                    #expect(await eventually { raw.isClosed }, "\(vector)")
                    #expect(String(buffer: raw.received) == "HTTP/1.1 400 Bad Request\r\n\r\n", "\(vector)")
                case "version":
                    await expectGoAway(Int64(GoAwayReason.version.rawValue), raw, vector.name)
                    #expect(raw.frames.map(\.header.type) == [.hello, .goAway], "\(vector)")
                default:
                    #expect(await eventually { raw.isClosed }, "\(vector)")
                    #expect(raw.received.readableBytes == 0, "\(vector)")
                }
                raw.close()
            }
        }
    }

    @Test func hellos() async throws {
        try await withServer { port in
            for vector in try VectorFiles.all(.hello) where vector.from == .client {
                var frame = ByteBuffer()
                let body = try vector.data()
                FrameHeader(length: UInt32(body.count), type: .hello).write(to: &frame)
                frame.writeBytes(body)
                let raw = try await connect(
                    port: port, Self.preface, HexNotation.text(frame.readableBytesView), Self.health)
                if let reason = vector.expect?["violation"]?.int {
                    await expectGoAway(reason, raw, vector.name)
                    #expect(raw.frames.map(\.header.type) == [.hello, .goAway], "\(vector): nothing may have run")
                } else {
                    #expect(await eventually { raw.frames.last?.header.type == .response }, "\(vector)")
                }
                raw.close()
            }
        }
    }

    @Test(arguments: [1 << 20, 65_536, 8_192] as [UInt32]) func faultyFrames(maxFrameBytes: UInt32) async throws {
        // 8,192 is the limit of every server before HELLO.
        let isFirst = maxFrameBytes == WireLimits.maxHelloBytes
        try await withServer(maxFrameBytes: isFirst ? 1 << 20 : maxFrameBytes) { port in
            for vector in try VectorFiles.all(.frame)
            where vector.from == .client && vector.maxFrameBytes ?? 1 << 20 == maxFrameBytes {
                guard let reason = vector.expect?["violation"]?.int else { continue }
                // Frames before the faulty one may have ended the connection.
                guard vector.expect?["frames"] == nil else { continue }
                let raw = try await connect(port: port, Self.preface, isFirst ? "" : Self.hello, vector.bytes ?? "")
                await expectGoAway(reason, raw, vector.name)
                raw.close()
            }
        }
    }

    /// All whose connection a client alone can bring about.
    @Test func connections() async throws {
        try await withServer { port in
            let vectors = try VectorFiles.all(.connection).filter { vector in
                vector.from == .client && (vector.before ?? []).allSatisfy { $0.from == .client }
            }
            #expect(vectors.count > 40)
            for vector in vectors {
                let raw = try await RawClient.connect(port: port)
                var texts = [Self.preface]
                if vector.state == .open { texts.append(Self.hello) }
                texts += (vector.before ?? []).map(\.bytes) + [vector.bytes ?? ""]
                raw.send(ByteBuffer(bytes: try texts.flatMap { try HexNotation.bytes($0) }))
                let actions = vector.expect?["actions"]?.array?.compactMap(\.string) ?? []
                if let reason = vector.expect?["violation"]?.int {
                    await expectGoAway(reason, raw, vector.name)
                } else if actions.last == "close" {
                    #expect(await eventually { raw.isClosed }, "\(vector)")
                    #expect(raw.frames.allSatisfy { $0.header.type != .goAway }, "\(vector)")
                } else {
                    let pongs = actions.count { $0 == "pong" }
                    await expectAlive(raw, pongsBefore: pongs, vector.name)
                }
                raw.close()
            }
        }
    }

    private func expectAlive(_ raw: RawClient, pongsBefore: Int, _ name: String) async {
        func pongs() -> Int { raw.frames.count { $0.header.type == .pong } }
        #expect(await eventually { pongs() == pongsBefore }, "\(name)")
        raw.send(hex: Self.lastPing)
        #expect(await eventually { pongs() == pongsBefore + 1 }, "\(name) must leave the connection alive")
    }

    @Test func calls() async throws {
        try await withServer { port in
            // Unpacking is the services' affair, and Health of this server unpacks nothing.
            for vector in try VectorFiles.all(.call)
            where vector.expect?["reason"]?.string != RPCError.Reason.malformedPayload {
                let raw = try await connect(port: port, Self.preface, Self.hello, vector.bytes ?? "")
                #expect(await eventually { raw.frames.count == 2 }, "\(vector)")
                let frame = try #require(raw.frames.last)
                let error = RPCErrorCoding.decode(frame.body, header: frame.header)
                let isOK = frame.header.status == .ok
                let result: JSONValue = .object([
                    "slot": .int(Int64(frame.header.id)), "status": .int(Int64(frame.header.status.rawValue)),
                    "reason": .string(isOK ? "" : error.reason),
                    "not_executed": .bool(frame.header.flags & ResponseFlags.notExecuted != 0),
                    "retry_after_ms": .int(Int64(frame.header.retryAfterMs)),
                ])
                #expect(try vector.expected() == result, "\(vector)")
                await expectAlive(raw, pongsBefore: 0, vector.name)
                raw.close()
            }
        }
    }
}
