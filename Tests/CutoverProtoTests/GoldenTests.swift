import CutoverModel
import CutoverProto
import Testing

@Suite struct GoldenTests {
    @Test func errorInfo() throws {
        let info = ErrorInfo(message: "no", reason: "TASK_STOPPED", details: [ErrorDetail(key: "k", value: "v")])
        let bytes: [UInt8] =
            [0x0A, 0x02, 0x6E, 0x6F, 0x12, 0x0C] + Array("TASK_STOPPED".utf8)
            + [0x1A, 0x06, 0x0A, 0x01, 0x6B, 0x12, 0x01, 0x76]
        #expect(info.protoBytes() == bytes)
        #expect(try ErrorInfo(protoBytes: bytes) == info)
    }

    @Test func numbersAndPresence() throws {
        let record = PhaseRecord(phase: .draining, startedAtMs: -1, endedAtMs: 300)
        let bytes: [UInt8] =
            [0x08, 0x02, 0x10, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01, 0x18, 0xAC, 0x02]
        #expect(record.protoBytes() == bytes)
        // An empty message that is there differs from one that is not.
        #expect(Receipt(stop: Stop()).protoBytes() == [0x0A, 0x00])
        #expect(try Receipt(protoBytes: [0x0A, 0x00]).stop == Stop())
        #expect(try Receipt(protoBytes: []).stop == nil)
    }

    @Test func repeatedEnumerationsArePackedAndReadEitherWay() throws {
        let request = ListTasksRequest(statuses: [.creating, .stopped])
        #expect(request.protoBytes() == [0x0A, 0x02, 0x01, 0x0F])
        #expect(try ListTasksRequest(protoBytes: [0x08, 0x01, 0x08, 0x0F]) == request)
    }

    @Test func unknownNumbersOfEnumerationsAreKept() throws {
        let record = try PhaseRecord(protoBytes: [0x08, 0x63])
        #expect(record.phase == .unrecognized(99))
        #expect(record.protoBytes() == [0x08, 0x63])
        let negative = PhaseRecord(phase: .unrecognized(-1))
        #expect(negative.protoBytes() == [0x08] + Array(repeating: 0xFF, count: 9) + [0x01])
        #expect(try PhaseRecord(protoBytes: negative.protoBytes()) == negative)
    }

    @Test func fieldsAreListedByTheirNames() {
        let outcome = ObjectOutcome(kind: .trigger, name: "t", result: .unrecognized(77))
        #expect(
            outcome.fields(includingDefaults: false) == [
                ModelField(name: "kind", value: .enumeration(name: "TRIGGER", number: 1)),
                ModelField(name: "name", value: .string("t")),
                ModelField(name: "result", value: .enumeration(name: "77", number: 77)),
            ])
        #expect(outcome.fields(includingDefaults: true).count == 7)
    }
}
