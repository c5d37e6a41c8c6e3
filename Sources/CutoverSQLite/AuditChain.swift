import Crypto
public import CutoverModel
import Foundation

/// How the records of the audit log are chained; the rule is told at the message `AuditRecord`.
public enum AuditChain {
    /// The previous hash of the first record: 32 zero bytes.
    public static let originHash = [UInt8](repeating: 0, count: 32)

    static let origin = Data(originHash)

    /// Keeps a hash of this chain from being one of anything else.
    private static let prefix = Data("cutover-audit-1".utf8)

    /// The hash that a record must have, by all its other fields.
    @Sendable public static func hash(of record: AuditRecord) -> [UInt8] {
        Array(
            hash(
                sequence: Int64(bitPattern: record.sequence), kind: Int64(record.kind.rawValue),
                finalStatus: Int64(record.finalStatus.rawValue), previousHash: Data(record.previousHash),
                body: Data(record.stop)))
    }

    static func hash(sequence: Int64, kind: Int64, finalStatus: Int64, previousHash: Data, body: Data) -> Data {
        var hasher = SHA256()
        hasher.update(data: prefix)
        for number in [sequence, kind, finalStatus] {
            withUnsafeBytes(of: number.bigEndian) { hasher.update(bufferPointer: $0) }
        }
        hasher.update(data: previousHash)
        hasher.update(data: body)
        return Data(hasher.finalize())
    }
}
