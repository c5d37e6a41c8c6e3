import CutoverWire

/// The table of frame types in PROTOCOL.md, written down a second time: what the decoder is compared with.
enum FrameRules {
    /// One line of the table.
    private struct Row {
        var sentBy: Set<WireRole>
        var hasSlot = false
        var flags: UInt8 = 0
        var hasMetadata = false
        var aux: ClosedRange<UInt32> = 0...0
        var auxReason: GoAwayReason = .protocolError
        var length: ClosedRange<UInt32> = 0...0
        /// Bytes of the body before the metadata.
        var prefix: UInt32 = 0
    }

    private static let rows: [UInt8: Row] = [
        0x01: Row(sentBy: [.client, .server], length: 0...8192),
        0x02: Row(
            sentBy: [.client], hasSlot: true, flags: 3, hasMetadata: true, aux: 0 ... .max, length: 8 ... .max,
            prefix: 8),
        0x03: Row(
            sentBy: [.server], hasSlot: true, flags: 1, hasMetadata: true, aux: 0 ... .max, length: 0 ... .max),
        0x04: Row(sentBy: [.server], hasSlot: true, hasMetadata: true, length: 0 ... .max),
        0x05: Row(sentBy: [.client], hasSlot: true, aux: 1...0x7FFF_FFFF, auxReason: .flowControl),
        0x06: Row(sentBy: [.client], hasSlot: true, aux: 1...3),
        0x07: Row(sentBy: [.client, .server], length: 8...8),
        0x08: Row(sentBy: [.client, .server], length: 8...8),
        0x09: Row(sentBy: [.server], aux: 0 ... .max, length: 4...260),
        0x0A: Row(sentBy: [.client]),
    ]

    static func isKnown(_ type: UInt8) -> Bool { rows[type] != nil }

    /// The reasons of all rules that a header breaks; one of them must be given (FRAME-12).
    static func broken(by header: FrameHeader, from sender: WireRole, maxFrameBytes: UInt32) -> Set<GoAwayReason> {
        var reasons: Set<GoAwayReason> = []
        if header.length > maxFrameBytes { reasons.insert(.frameSize) }
        guard let row = rows[header.rawType] else {
            if header.rawType < 0x80 { reasons.insert(.unsupported) }
            return reasons
        }
        if !row.sentBy.contains(sender) { reasons.insert(.protocolError) }
        if header.flags & ~row.flags != 0 { reasons.insert(.protocolError) }
        if (header.id != 0) != row.hasSlot { reasons.insert(.protocolError) }
        if !row.aux.contains(header.aux) { reasons.insert(row.auxReason) }
        if !row.length.contains(header.length) { reasons.insert(.frameSize) }
        if header.metadataLength != 0 {
            if !row.hasMetadata { reasons.insert(.protocolError) }
            if UInt64(header.metadataLength) + UInt64(row.prefix) > UInt64(header.length) { reasons.insert(.frameSize) }
        }
        return reasons
    }
}
