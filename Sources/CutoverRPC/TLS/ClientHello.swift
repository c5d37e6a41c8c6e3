internal import NIOCore

/// Reads of a TLS ClientHello (RFC 8446, 4.1.2) whether it offers an application protocol (RFC 7301).
///
/// Nothing depends on it but the alert that a client is told with: what was agreed is checked again after the handshake.
enum ClientHello {
    enum Offer: Equatable {
        case needMoreBytes
        case offered
        case notOffered
        /// It is none, or broken, or longer than 16 KiB, or in too many records: the TLS library judges it.
        case notHello
    }

    private static let handshakeRecord: UInt8 = 22
    private static let clientHello: UInt8 = 1
    private static let protocolExtension: UInt16 = 16
    private static let maxBytes = 16 << 10
    /// Clients send one or two. It is read from its beginning with each arrival of bytes, so that a client that cut it into
    /// records of a byte could keep a core busy with some packets a millisecond.
    private static let maxRecords = 8

    static func offers(_ name: String, in bytes: ByteBuffer) -> Offer {
        var records = bytes
        var message = ByteBuffer()
        for _ in 0...maxRecords {
            if let length = messageLength(message) {
                guard length <= maxBytes else { return .notHello }
                if message.readableBytes >= length { return offers(name, inMessage: &message) }
            }
            guard records.readableBytes > 0 else { return .needMoreBytes }
            guard records.getInteger(at: records.readerIndex, as: UInt8.self) == handshakeRecord else {
                return .notHello
            }
            guard let length = records.getInteger(at: records.readerIndex + 3, as: UInt16.self) else {
                return .needMoreBytes
            }
            guard length > 0, length <= maxBytes else { return .notHello }
            guard records.readableBytes >= 5 + Int(length) else { return .needMoreBytes }
            records.moveReaderIndex(forwardBy: 5)
            guard var fragment = records.readSlice(length: Int(length)) else { return .notHello }
            message.writeBuffer(&fragment)
            guard message.getInteger(at: 0, as: UInt8.self) == clientHello else { return .notHello }
        }
        return .notHello
    }

    /// With its own header of four bytes; nil while that is not there.
    private static func messageLength(_ message: ByteBuffer) -> Int? {
        message.getInteger(at: 0, as: UInt32.self).map { Int($0 & 0xFF_FFFF) + 4 }
    }

    private static func offers(_ name: String, inMessage message: inout ByteBuffer) -> Offer {
        // Type and length, version, random.
        guard message.readSlice(length: 4 + 2 + 32) != nil,
            skipVector(&message, UInt8.self), skipVector(&message, UInt16.self), skipVector(&message, UInt8.self)
        else { return .notHello }
        guard let size = message.readInteger(as: UInt16.self) else { return .notOffered }
        guard var extensions = message.readSlice(length: Int(size)) else { return .notHello }
        while let (kind, length) = extensions.readMultipleIntegers(as: (UInt16, UInt16).self) {
            guard var content = extensions.readSlice(length: Int(length)) else { return .notHello }
            if kind == protocolExtension { return list(&content, holds: name) }
        }
        return .notOffered
    }

    private static func list(_ content: inout ByteBuffer, holds name: String) -> Offer {
        guard content.readInteger(as: UInt16.self) != nil else { return .notHello }
        while let length = content.readInteger(as: UInt8.self) {
            guard let offered = content.readSlice(length: Int(length)) else { return .notHello }
            if offered.readableBytesView.elementsEqual(name.utf8) { return .offered }
        }
        return .notOffered
    }

    private static func skipVector<Length: FixedWidthInteger>(_ bytes: inout ByteBuffer, _: Length.Type) -> Bool {
        guard let length = bytes.readInteger(as: Length.self) else { return false }
        return bytes.readSlice(length: Int(length)) != nil
    }
}
