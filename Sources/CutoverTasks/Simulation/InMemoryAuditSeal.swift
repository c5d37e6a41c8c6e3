package import CutoverModel

/// How a store in memory encodes and hashes its receipts: the core has neither a codec nor a cryptographic hash.
package struct InMemoryAuditSeal: Sendable {
    /// The bytes of a stop as the audit log keeps them.
    package var encode: @Sendable (Stop) -> [UInt8]
    /// The hash of a record from all its other fields.
    package var hash: @Sendable (AuditRecord) -> [UInt8]

    package init(encode: @escaping @Sendable (Stop) -> [UInt8], hash: @escaping @Sendable (AuditRecord) -> [UInt8]) {
        self.encode = encode
        self.hash = hash
    }

    /// Tells records apart whose content differs, but stands up to nobody who means harm.
    package static let weak = InMemoryAuditSeal(
        encode: { Array("\($0.fields(includingDefaults: false))".utf8) }, hash: weakHash)

    private static func weakHash(_ record: AuditRecord) -> [UInt8] {
        var words: [UInt64] = (0..<4).map { 0xcbf2_9ce4_8422_2325 &+ $0 }
        func mix(_ value: UInt64) {
            for index in words.indices {
                words[index] = (words[index] ^ (value &+ UInt64(index))) &* 0x0000_0100_0000_01b3
            }
        }
        mix(record.sequence)
        mix(UInt64(bitPattern: Int64(record.kind.rawValue)))
        mix(UInt64(bitPattern: Int64(record.finalStatus.rawValue)))
        for byte in record.previousHash { mix(UInt64(byte)) }
        for byte in record.stop { mix(UInt64(byte)) }
        return words.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (56 - 8 * $0)) } }
    }
}
