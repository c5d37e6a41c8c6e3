import CutoverWire
import Foundation
import NIOCore
import TestVectors
import Testing

/// `dev/wireshark/cutover.lua`, run by tshark over captures made of the vectors.
@Suite struct DissectorTests {
    /// Says whether to go on. Without tshark that is a known issue, but in CI it is a failure.
    private func hasTshark() -> Bool {
        guard !Tshark.isInstalled else { return true }
        let reason: Comment = "tshark is not installed: nothing proves that the dissector works"
        if ProcessInfo.processInfo.environment["CI"] == nil {
            withKnownIssue { Issue.record(reason) }
        } else {
            Issue.record(reason)
        }
        return false
    }

    private struct Sample {
        let name: String
        let fromClient: Bool
        let bytes: [UInt8]
        /// What the vector expects the frames to be.
        let frames: [JSONValue]
    }

    private static func steps() throws -> [Vector.Step] {
        try #require(try VectorFiles.all(.session).first?.steps)
    }

    /// The vectors that decode to frames, and the steps of the session that are frames.
    private static func samples() throws -> [Sample] {
        let vectors = try VectorFiles.all(.frame).compactMap { vector -> Sample? in
            let expected = try vector.expected()
            guard let frames = expected["frames"]?.array, !frames.isEmpty, expected["violation"] == nil else {
                return nil
            }
            return Sample(
                name: vector.name, fromClient: vector.from == .client, bytes: try vector.data(), frames: frames)
        }
        let steps = try Self.steps().compactMap { step -> Sample? in
            guard let frames = try step.expect?.expandingHex()["frames"]?.array else { return nil }
            return Sample(
                name: step.bytes, fromClient: step.from == .client, bytes: try HexNotation.bytes(step.bytes),
                frames: frames)
        }
        return vectors + steps
    }

    @Test func everyFieldOfEveryFrameIsShown() async throws {
        guard hasTshark() else { return }
        let samples = try Self.samples()
        #expect(samples.count > 50)
        var capture = CaptureFile()
        for (index, sample) in samples.enumerated() {
            // A connection each, so that no frame is seen in the light of another.
            let connection = CaptureFile.Connection(clientPort: UInt16(20_000 + index))
            capture.add(sample.bytes, fromClient: sample.fromClient, on: connection)
        }
        let packets = try await Tshark.fields(["tcp.stream", "cutover.type"] + ShownFrame.fieldNames, of: capture)
        var shown: [Int: [[String: [String]]]] = [:]
        for packet in packets { shown[Int(packet["tcp.stream"]?.first ?? "") ?? -1, default: []].append(packet) }
        for (index, sample) in samples.enumerated() {
            let packets = shown[index] ?? []
            let types = packets.flatMap { $0["cutover.type"] ?? [] }.compactMap(ShownFrame.typeName)
            #expect(types == sample.frames.compactMap { $0["type"]?.string }, "\(sample.name)")
            guard sample.frames.count == 1, let packet = packets.last, types.count == 1 else { continue }
            // An extension before the frame has a slot of its own.
            guard packet["cutover.type"]?.count == 1 else { continue }
            for (key, value) in ShownFrame.expected(sample.frames[0]) {
                #expect(ShownFrame.normalised(packet[key] ?? []) == value, "\(sample.name): \(key)")
            }
        }
    }

    /// The names of the frames of the session, in order, as the packet list shows them.
    private static let sessionSummary = [
        "preface 1.0", "HELLO", "REQUEST 1 Health.Check", "HELLO", "RESPONSE 1 Health.Check OK",
        "REQUEST 1 TaskService.WatchTasks", "REQUEST 2 TaskService.GetTask", "ITEM 1 TaskService.WatchTasks",
        "RESPONSE 2 TaskService.GetTask NOT_FOUND (UNKNOWN_TASK)", "CREDIT 1 +64", "PING", "PONG", "GOAWAY drain",
        "DRAINED", "CANCEL 1 user", "RESPONSE 1 TaskService.WatchTasks CANCELLED (the call was cancelled)",
    ]

    /// Whole and joined frames, frames cut into segments of 7 bytes and of 1: always the same frames.
    @Test(arguments: [CaptureFile.maxSegmentBytes, 7, 1]) func framesAreFoundHoweverTheyAreCut(
        segmentBytes: Int
    ) async throws {
        guard hasTshark() else { return }
        var capture = CaptureFile()
        let connection = CaptureFile.Connection(clientPort: 40_000)
        var run: (from: Vector.Side, bytes: [UInt8])?
        for step in try Self.steps() {
            let bytes = try HexNotation.bytes(step.bytes)
            if let last = run, last.from != step.from {
                capture.add(last.bytes, fromClient: last.from == .client, on: connection, segmentBytes: segmentBytes)
                run = nil
            }
            run = (step.from, (run?.bytes ?? []) + bytes)
        }
        if let last = run {
            capture.add(last.bytes, fromClient: last.from == .client, on: connection, segmentBytes: segmentBytes)
        }
        let packets = try await Tshark.fields(["_ws.col.Info"], of: capture)
        let frames = packets.flatMap { $0["_ws.col.Info"] ?? [] }.flatMap { $0.components(separatedBy: ", ") }
        #expect(frames.map { $0.trimmingCharacters(in: .whitespaces) } == Self.sessionSummary)
    }

    @Test func otherPortsAreKnownByTheirBeginning() async throws {
        guard hasTshark() else { return }
        var capture = CaptureFile()
        let connection = CaptureFile.Connection(clientPort: 40_000, serverPort: 9_999)
        for step in try Self.steps() {
            capture.add(try HexNotation.bytes(step.bytes), fromClient: step.from == .client, on: connection)
        }
        // A server may say HELLO before the client has said anything.
        let second = CaptureFile.Connection(clientPort: 40_001, serverPort: 9_999)
        capture.add(
            try HexNotation.bytes("00000006 01 00 0000 00000000 00000000 0002 0002 0010"), fromClient: false,
            on: second)
        let stranger = CaptureFile.Connection(clientPort: 40_002, serverPort: 9_999)
        capture.add(Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8), fromClient: true, on: stranger)
        let packets = try await Tshark.fields(["tcp.srcport", "tcp.dstport"], of: capture)
        #expect(packets.count == Self.sessionSummary.count + 1)
    }

    /// Neither the token of HELLO nor the metadata entry `auth` is in any output of the dissector.
    @Test(arguments: [["-V"], ["-T", "json", "-J", "cutover"], ["-T", "pdml", "-J", "cutover"]])
    func credentialsAreNotShown(format: [String]) async throws {
        guard hasTshark() else { return }
        let token = "cut_a1b2c3d4e5f6_AAAABBBBCCCCDDDDEEEEFFFFGGGGHHHHIIIIJJJJKKK"
        var hello = Hello()
        hello.credentials = Array(token.utf8)
        hello.agent = "shown/1"
        var buffer = ByteBuffer()
        Preface.write(to: &buffer)
        hello.writeFrame(to: &buffer)
        var metadata = Metadata()
        try metadata.append("auth", token)
        try metadata.append("traceparent", "seen")
        FrameWriter.writeRequestHead(
            to: &buffer, slot: 1, methodID: 1, flags: 0, timeoutMs: 0, creditBytes: 0, metadata: metadata,
            payloadBytes: 0)
        var capture = CaptureFile()
        let connection = CaptureFile.Connection(clientPort: 40_000)
        capture.add(Array(buffer.readableBytesView), fromClient: true, on: connection)
        let text = try await Tshark.run(format, capture).lowercased()
        #expect(text.contains("shown/1") && text.contains("seen"), "the rest is shown")
        // The beginning is enough: long values are cut short in some of the forms.
        let secret = token.dropFirst(17).prefix(12)
        let hex = HexNotation.text(secret.utf8).lowercased()
        let pairs = stride(from: 0, to: hex.count, by: 2).map { String(hex.dropFirst($0).prefix(2)) }
        for leak in [secret.lowercased(), hex, pairs.joined(separator: ":")] {
            #expect(!text.contains(leak), "a token is in the output of tshark")
        }
    }

    @Test func whatIsWrongInAFrameIsMarked() async throws {
        guard hasTshark() else { return }
        // Not known to a dissector: who is the client, and what the receiver's max_frame is.
        let unseen: Set = ["FRAME-5", "FRAME-2"]
        let vectors = try VectorFiles.all(.frame).filter { vector in
            vector.expect?["violation"] != nil && unseen.isDisjoint(with: vector.rules)
                && vector.name != "hello-over-its-limit"
        }
        #expect(vectors.count > 50)
        var capture = CaptureFile()
        for (index, vector) in vectors.enumerated() {
            let connection = CaptureFile.Connection(clientPort: UInt16(20_000 + index))
            capture.add(try vector.data(), fromClient: vector.from == .client, on: connection)
        }
        let names = ["tcp.stream", "cutover.malformed", "cutover.unknown_type", "_ws.expert.message"]
        let packets = try await Tshark.fields(names, of: capture)
        for (index, vector) in vectors.enumerated() {
            let marks = packets.filter { $0["tcp.stream"] == ["\(index)"] }
                .flatMap { ($0["cutover.malformed"] ?? []) + ($0["cutover.unknown_type"] ?? []) }
            #expect(!marks.isEmpty, "\(vector.name) is not marked")
        }
        #expect(packets.allSatisfy { $0["_ws.expert.message"]?.contains { $0.contains("Lua") } != true })
    }

    /// The dissector knows every method of the .proto files by name; those of system.proto have reserved numbers.
    @Test func everyMethodHasItsName() async throws {
        guard hasTshark() else { return }
        let folder = VectorFiles.protoFolder.appending(path: "cutover/v1")
        var methods: [(name: String, shown: String, number: UInt32)] = [
            ("1", "Health.Check", MethodID.healthCheck), ("2", "Health.Watch", MethodID.healthWatch),
            ("3", "Reflection.List", MethodID.reflectionList), ("4", "Stats.Get", MethodID.stats),
            ("5", "Echo", MethodID.echo),
        ]
        for file in try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        where file.hasSuffix(".proto") && file != "system.proto" {
            let text = try String(contentsOf: folder.appending(path: file), encoding: .utf8)
            var service = ""
            for match in text.matches(of: /(?m)^ *(service|rpc) +([A-Za-z]+)/) {
                if match.1 == "service" {
                    service = String(match.2)
                } else {
                    let name = "cutover.v1.\(service)/\(match.2)"
                    methods.append((name, "\(service).\(match.2)", MethodID.hash(of: name)))
                }
            }
        }
        #expect(methods.count > 20)
        var capture = CaptureFile()
        for (index, method) in methods.enumerated() {
            var buffer = ByteBuffer()
            FrameWriter.writeRequestHead(
                to: &buffer, slot: 1, methodID: method.number, flags: 0, timeoutMs: 0, creditBytes: 0,
                metadata: Metadata(), payloadBytes: 0)
            let connection = CaptureFile.Connection(clientPort: UInt16(20_000 + index))
            capture.add(Array(buffer.readableBytesView), fromClient: true, on: connection)
        }
        let packets = try await Tshark.fields(["cutover.method.name"], of: capture)
        #expect(packets.flatMap { $0["cutover.method.name"] ?? [] } == methods.map(\.shown))
    }
}
