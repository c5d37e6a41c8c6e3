import ArgumentParser
import CutoverModel

/// A record of the audit log on the command line, by its number and its hash: `17:3f…`, the hash in 64 hexadecimal digits.
struct AuditHeadArgument: Hashable, Sendable, ExpressibleByArgument {
    var head: AuditHead

    init(_ head: AuditHead) {
        self.head = head
    }

    init?(argument: String) {
        let parts = argument.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].allSatisfy({ $0.isASCII && $0.isNumber }), let sequence = UInt64(parts[0]),
            let hash = HexText.bytes(parts[1]), hash.count == 32
        else { return nil }
        head = AuditHead(sequence: sequence, hash: hash)
    }

    /// As it is read.
    var text: String { "\(head.sequence):\(ReceiptRenderer.hex(head.hash))" }
}
