import Crypto
import CutoverModel

extension AuditRecord {
    /// The previous hash of the first record: 32 zero bytes.
    static let originHash = [UInt8](repeating: 0, count: 32)

    private static let prefix = Array("cutover-audit-1".utf8)

    /// The hash that the record's content gives. Source: the comment of `AuditRecord` in `stop.proto`.
    ///
    /// - Parameters:
    ///   - sequence: In the place of the record's own, to find out what was changed.
    ///   - previousHash: In the place of the record's own.
    func computedHash(sequence: UInt64? = nil, previousHash: [UInt8]? = nil) -> [UInt8] {
        var hasher = SHA256()
        hasher.update(data: Self.prefix)
        let numbers = [
            sequence ?? self.sequence, UInt64(bitPattern: Int64(kind.rawValue)),
            UInt64(bitPattern: Int64(finalStatus.rawValue)),
        ]
        for number in numbers {
            withUnsafeBytes(of: number.bigEndian) { hasher.update(bufferPointer: $0) }
        }
        hasher.update(data: previousHash ?? self.previousHash)
        hasher.update(data: stop)
        return Array(hasher.finalize())
    }
}
