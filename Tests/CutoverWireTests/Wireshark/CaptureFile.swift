import Foundation
import NIOCore

/// A capture of TCP connections in the old pcap format, written by hand: no network and no privilege is needed.
///
/// Each connection is between a client at 127.0.0.1 and a server at 127.0.0.2; checksums are 0, which tshark does not
/// look at.
struct CaptureFile {
    /// One connection, by its ports.
    struct Connection: Hashable {
        let clientPort: UInt16
        var serverPort: UInt16 = 7450
    }

    /// The greatest segment that is written; longer bytes become several.
    static let maxSegmentBytes = 1_400

    private var packets = ByteBuffer()
    private var packetCount: UInt32 = 0
    private var sent: [Connection: (client: UInt32, server: UInt32)] = [:]

    init() {
        packets.writeMultipleIntegers(UInt32(0xA1B2_C3D4), UInt16(2), UInt16(4), UInt32(0), UInt32(0))
        // The longest packet, and the link type: raw IPv4.
        packets.writeMultipleIntegers(UInt32(65_535), UInt32(228))
    }

    /// Adds bytes of one side, in segments of at most `segmentBytes`.
    mutating func add(
        _ bytes: [UInt8], fromClient: Bool, on connection: Connection, segmentBytes: Int = maxSegmentBytes
    ) {
        var rest = bytes[...]
        while !rest.isEmpty {
            addSegment(Array(rest.prefix(segmentBytes)), fromClient: fromClient, on: connection)
            rest = rest.dropFirst(segmentBytes)
        }
    }

    private mutating func addSegment(_ bytes: [UInt8], fromClient: Bool, on connection: Connection) {
        var positions = sent[connection] ?? (client: 1, server: 1)
        var packet = ByteBuffer()
        let length = UInt16(clamping: 40 + bytes.count)
        packet.writeMultipleIntegers(UInt8(0x45), UInt8(0), length, UInt32(truncatingIfNeeded: packetCount) << 16)
        packet.writeMultipleIntegers(UInt8(64), UInt8(6), UInt16(0))
        let (client, server) = (UInt32(0x7F00_0001), UInt32(0x7F00_0002))
        packet.writeMultipleIntegers(fromClient ? client : server, fromClient ? server : client)
        let ports = (connection.clientPort, connection.serverPort)
        packet.writeMultipleIntegers(fromClient ? ports.0 : ports.1, fromClient ? ports.1 : ports.0)
        let (own, other) = fromClient ? (positions.client, positions.server) : (positions.server, positions.client)
        packet.writeMultipleIntegers(own, other, UInt16(0x5018), UInt16(65_535), UInt32(0))
        packet.writeBytes(bytes)
        if fromClient { positions.client += UInt32(bytes.count) } else { positions.server += UInt32(bytes.count) }
        sent[connection] = positions
        let count = UInt32(packet.readableBytes)
        packets.writeMultipleIntegers(UInt32(1_700_000_000), packetCount, count, count)
        packets.writeBuffer(&packet)
        packetCount += 1
    }

    /// Runs `body` with the path of the file, which is gone afterwards.
    func withFile<T>(_ body: (String) async throws -> T) async throws -> T {
        let url = FileManager.default.temporaryDirectory.appending(path: "cutover-\(UUID().uuidString).pcap")
        try Data(packets.readableBytesView).write(to: url)
        defer { try? FileManager.default.removeItem(at: url) }
        return try await body(url.path)
    }
}
