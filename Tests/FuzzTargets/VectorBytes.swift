import CutoverWire
import TestVectors

/// Bytes of `proto/vectors`, as inputs to begin with.
enum VectorBytes {
    /// The bytes of all vectors of a kind.
    static func all(_ kind: Vector.Kind) throws -> [[UInt8]] {
        try VectorFiles.all(kind).map { try $0.data() }
    }

    /// What a side sends: single frames, and all that it sends on a connection.
    static func streams(from side: Vector.Side) throws -> [[UInt8]] {
        var streams: [[UInt8]] = []
        for kind in [Vector.Kind.preface, .frame, .connection, .call, .session] {
            for vector in try VectorFiles.all(kind) {
                let steps = (vector.before ?? []) + (vector.steps ?? [])
                let sent = try steps.filter { $0.from == side }.map { try HexNotation.bytes($0.bytes) }
                let last = vector.from == side ? try vector.data() : []
                // A decoder begins behind the preface.
                var stream = sent.flatMap { $0 } + last
                if kind == .session, side == .client { stream.removeFirst(WireLimits.prefaceBytes) }
                if !stream.isEmpty { streams.append(stream) }
            }
        }
        return streams
    }
}
