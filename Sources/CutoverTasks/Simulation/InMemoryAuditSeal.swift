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
        // FNV-1a over all fields, then four words of it. A plain loop: simulations without optimization spend their time here.
        let prime: UInt64 = 0x0000_0100_0000_01b3
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        hash = (hash ^ record.sequence) &* prime
        hash = (hash ^ UInt64(bitPattern: Int64(record.kind.rawValue))) &* prime
        hash = (hash ^ UInt64(bitPattern: Int64(record.finalStatus.rawValue))) &* prime
        for byte in record.previousHash { hash = (hash ^ UInt64(byte)) &* prime }
        for byte in record.stop { hash = (hash ^ UInt64(byte)) &* prime }
        return (1...4).flatMap { (word: UInt64) in
            let mixed = (hash ^ word) &* prime
            return (0..<8).map { UInt8(truncatingIfNeeded: mixed >> (56 - 8 * $0)) }
        }
    }
}
