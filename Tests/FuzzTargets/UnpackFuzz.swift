import CFuzzTargets
import CutoverModel
import CutoverProto
import TestVectors

/// protobuf-c where memory runs out, with what the C client lets it unpack: all is given back, nothing is half done.
///
/// Input: the message type, which allocation fails, the payload.
enum UnpackFuzz {
    static let target = FuzzTarget(
        name: "unpack-failing", maxInputBytes: 2048,
        run: { bytes throws(FuzzFinding) in try run(bytes) },
        seeds: { try seeds() })

    /// A long payload is not unpacked for each of its allocations.
    private static let maxAttempts = 64

    private static func run(_ bytes: [UInt8]) throws(FuzzFinding) {
        var input = FuzzInput(bytes)
        let message = try SchemaMessage.number(Int(input.byte()))
        let choice = input.byte()
        let payload = input.rest()
        guard !payload.isEmpty, isSound(message, payload) else { return }
        // Every allocation of a short one, and those from the chosen one on.
        let total = try unpack(message, payload, failing: .max, allAfter: false)
        let first = total > maxAttempts ? Int(choice) % (total - maxAttempts + 1) : 0
        for failing in first..<min(total, first + maxAttempts) {
            _ = try unpack(message, payload, failing: failing, allAfter: choice & 1 != 0)
        }
    }

    private static func isSound(_ message: SchemaMessage, _ payload: [UInt8]) -> Bool {
        payload.withUnsafeBufferPointer { bytes in
            bytes.baseAddress.map { cutover_fuzz_is_sound(message.descriptor, bytes.count, $0) } ?? false
        }
    }

    /// How many allocations were asked for.
    private static func unpack(
        _ message: SchemaMessage, _ payload: [UInt8], failing: Int, allAfter: Bool
    ) throws(FuzzFinding) -> Int {
        var allocations = 0
        let finding = payload.withUnsafeBufferPointer { bytes in
            bytes.baseAddress.flatMap {
                cutover_fuzz_unpack_failing(message.descriptor, bytes.count, $0, failing, allAfter, &allocations)
            }
        }
        if let finding {
            throw FuzzFinding("\(message.type.messageName), allocation \(failing): \(String(cString: finding))")
        }
        return allocations
    }

    private static func seeds() throws -> [[UInt8]] {
        let errors = try VectorBytes.all(.error).map { [SchemaMessage.index(of: ErrorInfo.self), 0] + $0 }
        return errors
            + ProtoCatalog.messages.indices.flatMap { index in
                MessageBytes.samples.map { [UInt8(clamping: index), 0] + $0 }
            }
    }
}
