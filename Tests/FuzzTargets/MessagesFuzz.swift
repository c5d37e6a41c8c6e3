import CFuzzTargets
import CutoverModel
import CutoverProto
import CutoverProtoRuntime
import TestVectors

/// Every message type: what decodes comes back from its own encoding, and unpacking keeps within its memory.
///
/// Input: the message type, a budget for the arena in 8 bytes and single bytes, the payload.
enum MessagesFuzz {
    static let target = FuzzTarget(
        name: "messages", maxInputBytes: 4096,
        run: { bytes throws(FuzzFinding) in try run(bytes) },
        seeds: { try seeds() })

    private static func run(_ bytes: [UInt8]) throws(FuzzFinding) {
        var input = FuzzInput(bytes)
        let message = try SchemaMessage.number(Int(input.byte()))
        let budget = Int(input.uint16()) * 8 + Int(input.byte() & 7)
        let payload = input.rest()
        let outcome = try check(message.type, payload)
        try checkArena(message, payload, budgetBytes: budget, outcome)
    }

    /// Decodes, encodes and decodes again; gives the error of the first.
    private static func check<Message: ProtoMessage>(
        _: Message.Type, _ payload: [UInt8]
    ) throws(FuzzFinding) -> ProtoError? {
        let message: Message
        do {
            message = try Message(protoBytes: payload)
        } catch {
            return error
        }
        let encoded = message.protoBytes()
        try expectEqual(message.protoSize(), encoded.count, "protoSize")
        try checkSerialize(message, encoded)
        do {
            let again = try Message(protoBytes: encoded)
            try same(again, message, encoded)
        } catch let error as ProtoError {
            // The shorter form has the smaller budget, see ``ProtoLimits/unpackBudgetBytes(payloadBytes:)``.
            let isShorter = error == .budgetExceeded && encoded.count < payload.count
            try expect(isShorter, "\(Message.messageName) does not decode again: \(error)")
        } catch let finding as FuzzFinding {
            throw finding
        } catch {
            throw FuzzFinding("\(error)")
        }
        return nil
    }

    private static func same<Message: ProtoMessage>(
        _ again: Message, _ message: Message, _ encoded: [UInt8]
    ) throws(FuzzFinding) {
        try expect(again == message, "\(Message.messageName) is another one when it is decoded again")
        try expectEqual(again.protoBytes(), encoded, "\(Message.messageName) encoded again")
    }

    /// The destination is filled exactly, and not touched when it is too small.
    private static func checkSerialize<Message: ProtoMessage>(
        _ message: Message, _ encoded: [UInt8]
    ) throws(FuzzFinding) {
        var destination = [UInt8](repeating: 0xEE, count: encoded.count + 1)
        let written = destination.withUnsafeMutableBytes { try? message.serialize(into: $0) }
        try expectEqual(written, encoded.count, "bytes written")
        try expectEqual(destination, encoded + [0xEE], "serialized")
        guard !encoded.isEmpty else { return }
        var small = [UInt8](repeating: 0xEE, count: encoded.count - 1)
        let none = small.withUnsafeMutableBytes { try? message.serialize(into: $0) }
        try expect(none == nil && small.allSatisfy { $0 == 0xEE }, "serialized into too little space")
    }

    /// Unpacks in an arena of a chosen budget, and compares with what the ordinary budget gave.
    private static func checkArena(
        _ message: SchemaMessage, _ payload: [UInt8], budgetBytes: Int, _ outcome: ProtoError?
    ) throws(FuzzFinding) {
        // protobuf-c must not see what the scan refuses.
        if let error = scan(message, payload) {
            return try expectEqual(outcome, error, "\(message.type.messageName), against the scan")
        }
        guard !payload.isEmpty else { return try expectEqual(outcome, nil, "an empty message") }
        let use = unpack(message, payload, budgetBytes: budgetBytes)
        try expect(!use.result.misaligned, "memory that is not aligned")
        try expect(use.result.bytes <= budgetBytes, "\(use.result.bytes) bytes of a budget of \(budgetBytes)")
        if use.result.unpacked { try expect(!use.isExhausted, "unpacked beyond the budget") }
        let usual = ProtoLimits.unpackBudgetBytes(payloadBytes: payload.count)
        if use.result.unpacked, budgetBytes <= usual {
            try expect(
                outcome != .malformed && outcome != .budgetExceeded, "\(String(describing: outcome)) with more memory")
        }
        if !use.isExhausted, !use.result.unpacked { try expectEqual(outcome, .malformed, "what does not unpack") }
        // The arena serves the next message as if nothing had been.
        let whole = unpack(message, payload, budgetBytes: usual)
        try expectEqual(whole.isExhausted, outcome == .budgetExceeded, "within the usual budget")
    }

    private static func scan(_ message: SchemaMessage, _ payload: [UInt8]) -> ProtoError? {
        do throws(ProtoError) {
            try payload.withUnsafeBufferPointer { (bytes) throws(ProtoError) in
                try WireScan.check(UnsafeRawBufferPointer(bytes), as: message.descriptor)
            }
            return nil
        } catch {
            return error
        }
    }

    private static func unpack(
        _ message: SchemaMessage, _ payload: [UInt8], budgetBytes: Int
    ) -> (result: cutover_fuzz_use, isExhausted: Bool) {
        ProtoScratch.withArena(budgetBytes: budgetBytes) { arena in
            let result = payload.withUnsafeBufferPointer { bytes in
                bytes.baseAddress.map {
                    cutover_fuzz_unpack_within(message.descriptor, arena.allocator, bytes.count, $0)
                }
            }
            return (result ?? cutover_fuzz_use(), arena.isExhausted)
        }
    }

    /// Payloads of the vectors, and a message of each type.
    private static func seeds() throws -> [[UInt8]] {
        let errors = try VectorBytes.all(.error).map { payload in
            [SchemaMessage.index(of: ErrorInfo.self), 0x20, 0, 0] + payload
        }
        return errors
            + ProtoCatalog.messages.indices.flatMap { index in
                MessageBytes.samples.map { [UInt8(clamping: index), 0x20, 0, 0] + $0 }
            }
    }
}
