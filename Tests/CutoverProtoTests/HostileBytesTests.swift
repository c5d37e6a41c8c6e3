import CutoverModel
import CutoverProto
import CutoverProtoRuntime
import Testing
import TestRandom

@Suite struct HostileBytesTests {
    static let seed: UInt64 = 0x5EED_0002

    @Test func stringsMustBeUTF8() throws {
        let broken: [[UInt8]] = [
            [0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0x61, 0xE2, 0x82],
        ]
        for bytes in broken {
            #expect(throws: ProtoError.invalidUTF8(field: "cutover.v1.ErrorInfo.reason")) {
                try ErrorInfo(protoBytes: WireForm.field(2, .bytes(bytes)))
            }
            let detail = WireForm.field(3, .bytes(WireForm.field(1, .bytes(bytes))))
            #expect(throws: ProtoError.invalidUTF8(field: "cutover.v1.ErrorDetail.key")) {
                try ErrorInfo(protoBytes: detail)
            }
            #expect(throws: ProtoError.invalidUTF8(field: "cutover.v1.TaskSpec.databases")) {
                try TaskSpec(protoBytes: WireForm.field(3, .bytes(bytes)))
            }
        }
        #expect(try EchoRequest(protoBytes: WireForm.field(1, .bytes([0xFF]))).payload == [0xFF])
    }

    @Test func aNULIsKept() throws {
        let bytes = WireForm.field(1, .bytes([0x61, 0x00, 0x62]))
        let info = try ErrorInfo(protoBytes: bytes)
        #expect(info.message == "a\u{0}b")
        #expect(info.protoBytes() == bytes)
        #expect(throws: ProtoError.embeddedNUL(field: "message")) {
            try ProtoIdentifier.check(info.message, field: "message")
        }
        #expect(throws: Never.self) { try ProtoIdentifier.check("ab", field: "message") }
    }

    @Test func unknownFieldsAreIgnored() throws {
        let known = WireForm.field(1, .bytes([0x61]))
        let unknown =
            WireForm.field(99, .varint(7)) + WireForm.field(100, .fixed32(7)) + WireForm.field(101, .fixed64(7))
            + WireForm.field((1 << 29) - 1, .bytes([1, 2, 3]))
        let info = try ErrorInfo(protoBytes: unknown + known + unknown)
        #expect(info == ErrorInfo(message: "a"))
        #expect(info.protoBytes() == known)
    }

    @Test func aBombOfUnknownFieldsExceedsTheBudget() {
        let bomb = Array(repeating: WireForm.field(15, .varint(0)), count: 32768).flatMap { $0 }
        #expect(bomb.count == 65536)
        #expect(throws: ProtoError.budgetExceeded) { try ErrorInfo(protoBytes: bomb) }
        // The thread's arena serves the next message as if nothing had been.
        #expect(throws: Never.self) { try ErrorInfo(protoBytes: WireForm.field(1, .bytes([0x61]))) }
    }

    @Test func aBombOfEmptyMessagesExceedsTheBudget() {
        let bomb = Array(repeating: WireForm.field(1, .bytes([])), count: 32768).flatMap { $0 }
        #expect(throws: ProtoError.budgetExceeded) { try ListTasksResponse(protoBytes: bomb) }
    }

    @Test func largeOrdinaryMessagesStayWithinTheBudget() throws {
        let spec = TaskSpec(excludeTables: (0..<10000).map { "d.t\($0 % 10)" })
        #expect(try TaskSpec(protoBytes: spec.protoBytes()) == spec)
        let labels = CreateTaskRequest(labels: (0..<5000).map { TaskLabel(key: "k\($0 % 10)", value: "v") })
        #expect(try CreateTaskRequest(protoBytes: labels.protoBytes()) == labels)
    }

    @Test func theBudgetDoesNotOverflow() {
        #expect(ProtoLimits.unpackBudgetBytes(payloadBytes: 0) == 65536)
        #expect(ProtoLimits.unpackBudgetBytes(payloadBytes: 10) == 65696)
        #expect(ProtoLimits.unpackBudgetBytes(payloadBytes: Int.max) == Int.max)
        #expect(ProtoLimits.unpackBudgetBytes(payloadBytes: Int.max / 16) == Int.max)
    }

    @Test func fieldNumbersAreChecked() throws {
        for number: UInt64 in [0, 1 << 29, 1 << 32, 1 << 60] {
            let tag = WireForm.varint(number << 3) + [0]
            #expect(throws: ProtoError.tagOutOfRange) { try ErrorInfo(protoBytes: tag) }
            #expect(throws: ProtoError.tagOutOfRange) { try ErrorInfo(protoBytes: WireForm.field(3, .bytes(tag))) }
        }
        #expect(try ErrorInfo(protoBytes: WireForm.field((1 << 29) - 1, .varint(0))) == ErrorInfo())
    }

    @Test func brokenFormsAreRefused() {
        let forms: [[UInt8]] = [
            [0x0B, 0x0C],  // a group
            [0x0E, 0x00], [0x0F, 0x00],  // wire types that do not exist
            [0x0A], [0x0A, 0x05, 0x61],  // a length without its bytes
            [0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F],  // a length of 4 GiB
            [0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01],  // a length of 2^64 - 1
            [0x78] + Array(repeating: 0x80, count: 10) + [0x00],  // a varint of 11 bytes
            [0x78] + Array(repeating: 0xFF, count: 9) + [0x02],  // a varint beyond 64 bits
            [0x79, 1, 2, 3], [0x7D, 1, 2],  // fixed-width values cut short
            [0x1A, 0x02, 0x0A, 0x01],  // an inner length beyond the inner message
        ]
        for form in forms {
            #expect(throws: ProtoError.malformed, "\(form)") { try ErrorInfo(protoBytes: form) }
        }
        #expect(throws: ProtoError.malformed) { try ErrorInfo(protoBytes: [0x08, 0x01]) }
    }

    /// protobuf-c would lose atMs of the first.
    @Test func aSingularMessageThatOccursTwiceIsRefused() throws {
        let first = WireForm.field(29, .bytes(TaskFailure(code: "A", message: "m", atMs: 1).protoBytes()))
        let second = WireForm.field(29, .bytes(TaskFailure(code: "B", retriable: true).protoBytes()))
        #expect(throws: ProtoError.repeatedMessage) { try Stop(protoBytes: first + second) }
        let nested = WireForm.field(1, .bytes(first + second))
        #expect(throws: ProtoError.repeatedMessage) { try Receipt(protoBytes: nested) }
        #expect(try Stop(protoBytes: first).failure?.atMs == 1)
        // Two elements of a list are not that.
        let phase = WireForm.field(12, .bytes(PhaseRecord(startedAtMs: 1).protoBytes()))
        #expect(try Stop(protoBytes: phase + phase).phases.count == 2)
    }

    /// A message cut anywhere is refused or is a message of its own; neither reads beyond the end.
    @Test(arguments: ProtoCatalog.messages.indices)
    func everyCut(index: Int) throws {
        func check<Message: ProtoMessage>(_ type: Message.Type) throws {
            var maker = try RoundTripTests.maker()
            let bytes = try maker.message(type.messageName)
            for count in bytes.indices { try Self.survives(type, Array(bytes.prefix(count))) }
        }
        try check(ProtoCatalog.messages[index])
    }

    @Test func everyCutWithinAFieldIsRefused() {
        let bytes = WireForm.field(3, .bytes(WireForm.field(1, .bytes(Array(repeating: 0x61, count: 200)))))
        for count in 1..<bytes.count {
            #expect(throws: ProtoError.malformed) { try ErrorInfo(protoBytes: Array(bytes.prefix(count))) }
        }
    }

    @Test func twentyThousandMutations() throws {
        print("seed \(Self.seed)")
        var random = SplitMix64(seed: Self.seed)
        var maker = try RoundTripTests.maker()
        let samples = try ProtoCatalog.messages.map { type in (type, try maker.message(type.messageName)) }
        var accepted = 0
        for round in 0..<20000 {
            let (type, original) = samples[round % samples.count]
            var bytes = original
            for _ in 0..<Int.random(in: 1...4, using: &random) { Self.mutate(&bytes, &random) }
            if try Self.survives(type, bytes) { accepted += 1 }
        }
        // Both outcomes must occur often, or the mutations test nothing.
        #expect((1000...19000).contains(accepted), "\(accepted) of 20000 accepted")
    }

    private static func mutate(_ bytes: inout [UInt8], _ random: inout SplitMix64) {
        let place = bytes.isEmpty ? 0 : Int.random(in: bytes.indices, using: &random)
        switch Int.random(in: 0..<6, using: &random) {
        case 0 where !bytes.isEmpty: bytes[place] = UInt8.random(in: 0...255, using: &random)
        case 1 where !bytes.isEmpty: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 2 where !bytes.isEmpty: bytes.remove(at: place)
        case 3: bytes.insert(UInt8.random(in: 0...255, using: &random), at: place)
        case 4 where !bytes.isEmpty: bytes.removeLast(bytes.count - place)
        default: bytes += bytes.suffix(from: place).prefix(16)
        }
    }

    /// Whether the bytes were taken; what was taken must come back from its own encoding.
    @discardableResult
    private static func survives(_ type: any ProtoMessage.Type, _ bytes: [UInt8]) throws -> Bool {
        func check<Message: ProtoMessage>(_ type: Message.Type) throws -> Bool {
            let message: Message
            do { message = try Message(protoBytes: bytes) } catch { return false }
            #expect(try Message(protoBytes: message.protoBytes()) == message)
            return true
        }
        return try check(type)
    }
}
