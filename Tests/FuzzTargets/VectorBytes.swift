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

    /// What passes on the connection of a vector.
    struct Connection {
        struct Sent {
            var from: Vector.Side
            var bytes: [UInt8]
        }

        /// Whether both sides have said HELLO before.
        var isOpen: Bool
        var sent: [Sent]
    }

    /// The connections of all vectors that put this side under test.
    static func connections(underTest side: Vector.Side) throws -> [Connection] {
        try VectorFiles.all(.connection).filter { $0.from != side }.map { vector in
            let before = try (vector.before ?? []).map {
                Connection.Sent(from: $0.from, bytes: try HexNotation.bytes($0.bytes))
            }
            let last = Connection.Sent(from: side == .server ? .client : .server, bytes: try vector.data())
            return Connection(isOpen: vector.state == .open, sent: before + [last])
        }
    }
}
