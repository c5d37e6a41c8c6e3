import Crypto
import Foundation

/// How receipts are chained: `SHA-256(sequence as u64 big-endian || previous hash || encoded stop)`.
public enum AuditChain {
    /// The previous hash of the first record: 32 zero bytes.
    public static let originHash = [UInt8](repeating: 0, count: 32)

    static var origin: Data { Data(originHash) }

    /// The hash of one record.
    ///
    /// - Parameter encodedStop: the stop's bytes as they are stored.
    public static func hash(sequence: UInt64, previousHash: [UInt8], encodedStop: [UInt8]) -> [UInt8] {
        Array(hash(sequence: Int64(bitPattern: sequence), previousHash: Data(previousHash), body: Data(encodedStop)))
    }

    static func hash(sequence: Int64, previousHash: Data, body: Data) -> Data {
        var hasher = SHA256()
        withUnsafeBytes(of: sequence.bigEndian) { hasher.update(bufferPointer: $0) }
        hasher.update(data: previousHash)
        hasher.update(data: body)
        return Data(hasher.finalize())
    }
}
