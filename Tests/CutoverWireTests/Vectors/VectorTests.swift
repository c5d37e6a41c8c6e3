import CutoverModel
import CutoverProto
import NIOCore
import TestVectors
import Testing

@testable import CutoverWire

/// Every vector of `proto/vectors` against this implementation.
@Suite struct VectorTests {
    private func buffer(_ vector: Vector) throws -> ByteBuffer { ByteBuffer(bytes: try vector.data()) }

    private func role(_ side: Vector.Side) -> WireRole { side == .client ? .client : .server }

    @Test(arguments: try VectorFiles.all(.preface)) func preface(vector: Vector) throws {
        var buffer = try buffer(vector)
        #expect(try vector.expected() == .object(["preface": .string(Self.word(Preface.parse(&buffer)))]))
    }

    private static func word(_ result: Preface.ParseResult) -> String {
        switch result {
        case .needMoreBytes: "incomplete"
        case .accepted: "accepted"
        case .otherMajor: "version"
        case .looksLikeHTTP: "http"
        case .garbage: "close"
        }
    }

    @Test(arguments: try VectorFiles.all(.hello)) func hello(vector: Vector) throws {
        let body = try buffer(vector)
        let result: JSONValue
        do throws(WireViolation) {
            result = .object(["hello": .object(Self.settings(try Hello(decoding: body)))])
        } catch {
            result = .object(["violation": FrameFields.int(error.reason.rawValue)])
        }
        #expect(try vector.expected() == result)
    }

    private static func settings(_ hello: Hello) -> [String: JSONValue] {
        var settings: [String: JSONValue] = [:]
        settings["max_frame"] = hello.maxFrameBytes.map(FrameFields.int)
        settings["max_inflight"] = hello.maxInFlight.map(FrameFields.int)
        settings["stream_credit"] = hello.streamCreditBytes.map(FrameFields.int)
        settings["features"] = hello.features.map { .string(hex($0)) }
        settings["auth"] = hello.credentials.map { .string(HexNotation.text($0)) }
        settings["agent"] = hello.agent.map { .string($0) }
        settings["min_ping_ms"] = hello.minPingMs.map(FrameFields.int)
        settings["idle_ms"] = hello.idleMs.map(FrameFields.int)
        settings["instance"] = hello.instanceID.map { .string(HexNotation.text($0)) }
        settings["schema"] = hello.schemaHash.map { .string(hex($0)) }
        settings["versions"] = hello.majorVersions.map {
            .array([FrameFields.int($0.lowerBound), FrameFields.int($0.upperBound)])
        }
        return settings
    }

    private static func hex(_ number: some FixedWidthInteger) -> String {
        HexNotation.text(withUnsafeBytes(of: number.bigEndian, Array.init))
    }

    @Test(arguments: try VectorFiles.all(.frame)) func frame(vector: Vector) throws {
        let expected = try vector.expected()
        let bytes = try vector.data()
        #expect(try decode(vector, chunks: [bytes]) == expected)
        // Cut anywhere, it is the same.
        #expect(try decode(vector, chunks: bytes.map { [$0] }) == expected)
    }

    private func decode(_ vector: Vector, chunks: [[UInt8]]) throws -> JSONValue {
        let side = try #require(vector.from)
        var decoder = FrameDecoder(sender: role(side), maxFrameBytes: vector.maxFrameBytes ?? 1 << 20)
        var kept = ByteBuffer()
        var frames: [JSONValue] = []
        for chunk in chunks {
            kept.writeBytes(chunk)
            decoding: while true {
                switch decoder.next(in: &kept) {
                case .needMoreBytes: break decoding
                case .frame(let header):
                    guard let body = kept.readSlice(length: Int(header.length)) else { break decoding }
                    frames.append(try FrameFields.make(header, body: body))
                case .violation(let violation):
                    let reason = FrameFields.int(violation.reason.rawValue)
                    return .object(
                        frames.isEmpty ? ["violation": reason] : ["frames": .array(frames), "violation": reason])
                }
            }
        }
        var result: [String: JSONValue] = ["frames": .array(frames)]
        if kept.readableBytes > 0 { result["incomplete"] = .bool(true) }
        return .object(result)
    }

    @Test(arguments: try VectorFiles.all(.metadata)) func metadata(vector: Vector) throws {
        let block = try buffer(vector)
        let result: JSONValue
        do throws(Metadata.Problem) {
            result = .object(["entries": FrameFields.entries(try Metadata(decoding: block))])
        } catch {
            result = .object([
                "status": FrameFields.int(RPCStatus.invalidArgument.rawValue), "reason": "BAD_METADATA",
                "not_executed": .bool(true), "retry_after_ms": FrameFields.int(WireLimits.neverRetry),
            ])
        }
        #expect(try vector.expected() == result)
    }

    @Test(arguments: try VectorFiles.all(.error)) func error(vector: Vector) throws {
        let payload = try vector.data()
        let result: JSONValue
        do throws(ProtoError) {
            let info = try ErrorInfo(protoBytes: payload)
            result = .object([
                "message": .string(info.message), "reason": .string(info.reason),
                "details": .array(info.details.prefix(32).map { .array([.string($0.key), .string($0.value)]) }),
            ])
        } catch {
            result = .object(["unreadable": .bool(true)])
        }
        #expect(try vector.expected() == result)
    }

    @Test(arguments: try VectorFiles.all(.method)) func method(vector: Vector) throws {
        let number = MethodID.hash(of: String(decoding: try vector.data(), as: UTF8.self))
        #expect(try vector.expected() == .object(["number": .string(Self.hex(number))]))
    }

    @Test(arguments: try VectorFiles.all(.connection)) func connection(vector: Vector) throws {
        if vector.from == .client {
            var server = ServerUnderTest()
            try judge(vector, &server)
        } else {
            var client = ClientUnderTest()
            try judge(vector, &client)
        }
    }

    private static let hello = "00000006 01 00 0000 00000000 00000000 0002 0002 0010"

    private func judge<Connection: ConnectionUnderTest & ~Copyable>(
        _ vector: Vector, _ connection: inout Connection
    ) throws {
        if vector.state == .open {
            let (actions, violation) = try connection.receive(try HexNotation.bytes(Self.hello))
            #expect(actions == ["accept"] && violation == nil)
        }
        for step in vector.before ?? [] {
            let bytes = try HexNotation.bytes(step.bytes)
            if step.from == vector.from {
                let (actions, violation) = try connection.receive(bytes)
                #expect(actions.count == 1 && violation == nil, "a step before the vector's bytes")
            } else {
                try connection.send(bytes)
            }
        }
        let (actions, violation) = try connection.receive(try vector.data())
        var result: [String: JSONValue] = ["actions": .array(actions.map { .string($0) })]
        if let violation {
            result["violation"] = FrameFields.int(violation.reason.rawValue)
            // A decoder that failed, or a state that is closed: what follows changes nothing.
            let later = try connection.receive(try HexNotation.bytes(Self.hello))
            #expect(later.actions.isEmpty || later.actions == ["ignore"])
        }
        if try vector.data().isEmpty, connection.isClosed { result["closed"] = .bool(true) }
        #expect(try vector.expected() == .object(result))
    }

    /// The frames of calls are sound, so that a server judges the call and not the connection.
    @Test(arguments: try VectorFiles.all(.call)) func call(vector: Vector) throws {
        var server = ServerUnderTest()
        _ = try server.receive(try HexNotation.bytes(Self.hello))
        let (actions, violation) = try server.receive(try vector.data())
        #expect(actions == ["run"] && violation == nil)
    }

    @Test(arguments: try VectorFiles.all(.session)) func session(vector: Vector) throws {
        let steps = try #require(vector.steps)
        var server = ServerUnderTest()
        var client = ClientUnderTest()
        for step in steps {
            let bytes = try HexNotation.bytes(step.bytes)
            let expected = try #require(try step.expect?.expandingHex())
            if let word = expected["preface"] {
                var buffer = ByteBuffer(bytes: bytes)
                #expect(word == .string(Self.word(Preface.parse(&buffer))))
                continue
            }
            var decoder = FrameDecoder(sender: role(step.from), maxFrameBytes: 1 << 20)
            var buffer = ByteBuffer(bytes: bytes)
            guard case .frame(let header) = decoder.next(in: &buffer) else {
                Issue.record("no frame in \(step.bytes)")
                continue
            }
            #expect(expected["frames"] == .array([try FrameFields.make(header, body: buffer)]))
            let isHello = header.type == .hello
            let receiver = step.from == .client ? try server.receive(bytes) : try client.receive(bytes)
            #expect(receiver.violation == nil && receiver.actions.count == 1)
            if !isHello { try step.from == .client ? client.send(bytes) : server.send(bytes) }
        }
        let isClosed = server.isClosed
        #expect(isClosed, "the last RESPONSE after DRAINED closes the connection")
    }
}
