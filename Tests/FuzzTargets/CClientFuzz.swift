import CFuzzTargets
import TestVectors

/// The C client, whole, over a network, a clock and a memory that the input rules: it must not crash, leak, spin, break
/// the protocol itself or end a call twice.
///
/// Input: options, then the steps of `cutover_fuzz_step`.
enum CClientFuzz {
    static let target = FuzzTarget(
        name: "c-client", maxInputBytes: 4096,
        run: { bytes throws(FuzzFinding) in try run(bytes) },
        seeds: { try seeds() })

    private static func run(_ bytes: [UInt8]) throws(FuzzFinding) {
        let finding = bytes.withUnsafeBufferPointer { bytes in
            bytes.baseAddress.flatMap { cutover_fuzz_client($0, bytes.count) }
        }
        if let finding { throw FuzzFinding(String(cString: finding)) }
    }

    /// What a server sends in the vectors, behind a few calls; whole, and in pieces of one byte.
    private static func seeds() throws -> [[UInt8]] {
        let frames = try VectorBytes.streams(from: .server)
        var connections: [[[UInt8]]] = frames.map { [$0] } + frames.map { [hello, $0] }
        for connection in try VectorBytes.connections(underTest: .client) {
            connections.append([hello] + connection.sent.filter { $0.from == .server }.map(\.bytes))
        }
        var seeds = try VectorBytes.all(.metadata).filter { $0.count < 250 }.map(metadataSeed)
        for sent in connections {
            let steps = sent.flatMap(raw) + wait
            seeds += [[0] + calls + steps, [0x5D] + calls + inSingleBytes + steps]
        }
        return seeds
    }

    /// A block of metadata in an ITEM, a RESPONSE of the same stream, and one of a unary call.
    private static func metadataSeed(_ block: [UInt8]) -> [UInt8] {
        let frames = frame(4, slot: 2, block) + frame(3, slot: 2, block) + frame(3, slot: 1, block)
        return [0] + calls + raw(hello) + frames + step(CUTOVER_FUZZ_PROCESS)
    }

    private static let hello: [UInt8] = [0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    /// Health.Check, a stream with an answer that stays packed, GetTask, WatchTasks.
    private static let calls: [UInt8] = {
        let kinds: [[UInt8]] = [[13, 0], [29, 1], [24, 2], [27, 0]]
        return kinds.flatMap { step(CUTOVER_FUZZ_START) + $0 } + step(CUTOVER_FUZZ_PROCESS)
    }()
    private static let inSingleBytes: [UInt8] = step(CUTOVER_FUZZ_PIECES) + [1]
    private static let wait: [UInt8] =
        step(CUTOVER_FUZZ_WAIT) + [0x7F, 0xFF] + step(CUTOVER_FUZZ_END) + step(CUTOVER_FUZZ_PROCESS)

    /// A RESPONSE or ITEM of metadata alone.
    private static func frame(_ type: UInt8, slot: UInt8, _ metadata: [UInt8]) -> [UInt8] {
        let count = UInt8(clamping: metadata.count)
        return step(CUTOVER_FUZZ_FRAME) + [type, 0, count, slot, 0, count] + metadata
    }

    private static func raw(_ bytes: [UInt8]) -> [UInt8] {
        let pieces = stride(from: 0, to: min(bytes.count, 2048), by: 255).map {
            Array(bytes[$0..<min($0 + 255, bytes.count)])
        }
        return pieces.flatMap { step(CUTOVER_FUZZ_RAW) + [UInt8($0.count)] + $0 } + step(CUTOVER_FUZZ_PROCESS)
    }

    private static func step(_ step: cutover_fuzz_step) -> [UInt8] { [UInt8(clamping: step.rawValue)] }
}
