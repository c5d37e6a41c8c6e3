import CutoverModel
import CutoverProto
import Testing
import TestRandom

@Suite struct RoundTripTests {
    static let seed: UInt64 = 0x5EED_0001

    static func maker() throws -> MessageMaker {
        MessageMaker(schema: try DescribedSchema.shared.get(), random: SplitMix64(seed: seed))
    }

    @Test func catalogHoldsEveryMessage() throws {
        let defined = Set(try DescribedSchema.shared.get().messages.keys)
        #expect(Set(ProtoCatalog.messages.map { $0.messageName }) == defined)
        #expect(ProtoCatalog.messages.count == defined.count)
    }

    @Test(arguments: ProtoCatalog.messages.indices)
    func everyFieldSurvives(index: Int) throws {
        func check<Message: ProtoMessage>(_ type: Message.Type) throws {
            var maker = try Self.maker()
            for _ in 0..<20 {
                let bytes = try maker.message(type.messageName)
                let message = try Message(protoBytes: bytes)
                #expect(message.protoBytes() == bytes, "seed \(Self.seed)")
                #expect(message.protoSize() == bytes.count)
                #expect(try Message(protoBytes: message.protoBytes()) == message)
                let names = message.fields(includingDefaults: false).map(\.name)
                #expect(Set(names) == Set(maker.schema.messages[type.messageName, default: []].map(\.name)))
            }
        }
        try check(ProtoCatalog.messages[index])
    }

    @Test(arguments: ProtoCatalog.messages.indices)
    func defaultsAreEmpty(index: Int) throws {
        func check<Message: ProtoMessage>(_ type: Message.Type) throws {
            let message = try Message(protoBytes: [])
            #expect(message.protoBytes() == [])
            #expect(message.protoSize() == 0)
            #expect(message.fields(includingDefaults: false) == [])
        }
        try check(ProtoCatalog.messages[index])
    }

    /// protoc reads our bytes as we do, and writes what it read as the same bytes.
    @Test(arguments: ProtoCatalog.messages.indices)
    func protocAgrees(index: Int) throws {
        func check<Message: ProtoMessage>(_ type: Message.Type) throws {
            var maker = try Self.maker()
            let files = try Tool.definitionFiles()
            let message = try Message(protoBytes: try maker.message(type.messageName))
            let bytes = message.protoBytes()
            let decoded = try Tool.protoc(["--decode=\(type.messageName)"] + files, input: bytes)
            #expect(decoded.status == 0, "\(decoded.errors)")
            let encoded = try Tool.protoc(["--encode=\(type.messageName)"] + files, input: decoded.output)
            #expect(encoded.output == bytes, "\(encoded.errors)")
            // The other direction: our own listing of the fields, as text, encoded by protoc.
            let text = Array(TextForm.render(message.fields(includingDefaults: false)).utf8)
            let listed = try Tool.protoc(["--encode=\(type.messageName)"] + files, input: text)
            #expect(listed.output == bytes, "\(listed.errors)")
        }
        try check(ProtoCatalog.messages[index])
    }

    @Test func writesOnlyIntoSpaceThatSuffices() throws {
        let info = ErrorInfo(message: "a", reason: "B")
        var space = [UInt8](repeating: 0xEE, count: 8)
        let written = try space.withUnsafeMutableBytes { try info.serialize(into: $0) }
        #expect(written == 6)
        #expect(space == [0x0A, 1, 0x61, 0x12, 1, 0x42, 0xEE, 0xEE])
        var small = [UInt8](repeating: 0, count: 5)
        #expect(throws: ProtoError.destinationTooSmall(neededBytes: 6)) {
            try small.withUnsafeMutableBytes { try info.serialize(into: $0) }
        }
        #expect(small == [0, 0, 0, 0, 0])
    }

    @Test func oneMessageWithinAnother() {
        let outer = ErrorInfo(message: "outer", reason: "O")
        let inner = ErrorInfo(message: "inner", reason: "I")
        let (first, second) = outer.withProtoBytes { bytes in
            let nested = inner.protoBytes()
            return ([UInt8](bytes), nested)
        }
        #expect(first == outer.protoBytes())
        #expect(second == inner.protoBytes())
    }

    @Test func manyTasksAtOnce() async throws {
        var maker = try Self.maker()
        let samples = try (0..<16).map { _ in try maker.message("cutover.v1.MigrationTask") }
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for round in 0..<64 {
                let bytes = samples[round % samples.count]
                group.addTask {
                    for _ in 0..<50 where try MigrationTask(protoBytes: bytes).protoBytes() != bytes { return false }
                    return true
                }
            }
            for try await same in group { #expect(same) }
        }
    }
}
