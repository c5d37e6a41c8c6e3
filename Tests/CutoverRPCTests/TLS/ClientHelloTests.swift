import NIOCore
import Testing
import TestRandom

@testable import CutoverRPC

@Suite struct ClientHelloTests {
    /// A ClientHello that offers these protocols, nil for no such extension, in records of at most so many bytes.
    static func hello(_ protocols: [String]?, recordBytes: Int = 16_384) -> ByteBuffer {
        var body = ByteBuffer(bytes: [3, 3] + [UInt8](repeating: 9, count: 32))
        body.writeBytes([4, 1, 2, 3, 4])
        body.writeBytes([0, 2, 0x13, 0x01])
        body.writeBytes([1, 0])
        var extensions = ByteBuffer(bytes: [0, 43, 0, 3, 2, 3, 4])
        if let protocols {
            let list = protocols.flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) }
            extensions.writeInteger(UInt16(16))
            extensions.writeInteger(UInt16(list.count + 2))
            extensions.writeInteger(UInt16(list.count))
            extensions.writeBytes(list)
        }
        extensions.writeBytes([0, 51, 0, 1, 0])
        body.writeInteger(UInt16(extensions.readableBytes))
        body.writeBuffer(&extensions)
        var message = ByteBuffer(integer: UInt32(body.readableBytes) | 1 << 24)
        message.writeBuffer(&body)
        var records = ByteBuffer()
        while message.readableBytes > 0 {
            var fragment = message.readSlice(length: min(recordBytes, message.readableBytes)) ?? ByteBuffer()
            records.writeBytes([22, 3, 1])
            records.writeInteger(UInt16(fragment.readableBytes))
            records.writeBuffer(&fragment)
        }
        return records
    }

    @Test(arguments: [20, 33, 60, 16_384])
    func whatIsOfferedIsFound(recordBytes: Int) {
        let cases: [(protocols: [String]?, offer: ClientHello.Offer)] = [
            (["cutover/1"], .offered), (["h2", "cutover/1"], .offered), (["cutover/1", "h2"], .offered),
            (["h2"], .notOffered), ([], .notOffered), (nil, .notOffered), (["cutover/11"], .notOffered),
            (["cutover/"], .notOffered), ([""], .notOffered),
        ]
        for sample in cases {
            let bytes = Self.hello(sample.protocols, recordBytes: recordBytes)
            #expect(ClientHello.offers("cutover/1", in: bytes) == sample.offer, "\(sample)")
            for count in 0..<bytes.readableBytes {
                let part = bytes.getSlice(at: 0, length: count) ?? ByteBuffer()
                #expect(ClientHello.offers("cutover/1", in: part) == .needMoreBytes, "\(count) bytes")
            }
        }
    }

    @Test func whatIsNoHelloIsLeftToTheLibrary() {
        for bytes: [UInt8] in [
            [0xB5], Array("GET / HTTP/1.1".utf8), [22, 3, 1, 0, 0], [22, 3, 1, 0xFF, 0xFF],
            [22, 3, 1, 0, 4, 2, 0, 0, 1],
            [22, 3, 1, 0, 4, 1, 0xFF, 0xFF, 0xFF], [22, 3, 1, 0, 5, 1, 0, 0, 1, 9],
        ] {
            #expect(ClientHello.offers("cutover/1", in: ByteBuffer(bytes: bytes)) == .notHello, "\(bytes)")
        }
    }

    /// Reading it again with each byte that comes must not cost more than the handshake it begins.
    @Test func oneInManyRecordsIsLeftToTheLibrary() {
        let whole = Self.hello(["cutover/1"])
        let eighth = (whole.readableBytes - 5 + 7) / 8
        #expect(ClientHello.offers("cutover/1", in: Self.hello(["cutover/1"], recordBytes: eighth)) == .offered)
        #expect(ClientHello.offers("cutover/1", in: Self.hello(["cutover/1"], recordBytes: eighth - 2)) == .notHello)
        #expect(ClientHello.offers("cutover/1", in: Self.hello(["h2"], recordBytes: 1)) == .notHello)
    }

    @Test(arguments: [UInt64.random(in: 0 ... .max)])
    func anyBytesAreJudged(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for _ in 0..<20_000 {
            var bytes = Self.hello(["h2", "cutover/1"], recordBytes: Int.random(in: 1...80, using: &random))
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let index = Int.random(in: 0..<bytes.readableBytes, using: &random)
                bytes.setInteger(UInt8.random(in: 0...255, using: &random), at: index)
            }
            // Any verdict will do; what must not happen is a trap.
            _ = ClientHello.offers("cutover/1", in: bytes)
        }
    }
}
