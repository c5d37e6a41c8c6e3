import CutoverModel
import Foundation

/// The file form of the audit log: one JSON object a line, so that other programs can verify it too.
///
/// The first line names the form, `{"format":"cutover-audit-1"}`. Then one line for each record in its order, with the
/// fields of `AuditRecord`: `kind` and `final_status` are the numbers that the hash is made with, hashes are hexadecimal,
/// `stop` is the encoded stop in base64. Last comes `{"head":{"sequence":…,"hash":…}}`.
enum AuditExport {
    static let format = "cutover-audit-1"

    /// The longest line that is read: a record takes at most one frame of the protocol, 16 MiB, and a third more in base64.
    static let lineLimitBytes = 24 << 20

    static var firstLine: String { line([ModelField(name: "format", value: .string(format))]) }

    /// The line of a record or of the head, without a line break; nil for a message that holds neither.
    static func line(_ event: ReadAuditEvent) -> String? {
        if let record = event.record {
            return line([
                ModelField(name: "sequence", value: .uint(record.sequence)),
                ModelField(name: "kind", value: .int(Int64(record.kind.rawValue))),
                ModelField(name: "final_status", value: .int(Int64(record.finalStatus.rawValue))),
                ModelField(name: "previous_hash", value: .bytes(record.previousHash)),
                ModelField(name: "hash", value: .bytes(record.hash)),
                ModelField(name: "stop", value: .string(Data(record.stop).base64EncodedString())),
            ])
        }
        guard let head = event.head else { return nil }
        return line([ModelField(name: "head", value: .message(head.fields(includingDefaults: true)))])
    }

    private static func line(_ fields: [ModelField]) -> String {
        JSONText(isPretty: false).text(.message(fields))
    }

    /// Whether this is the first line of an export of this form.
    static func isFirstLine(_ bytes: Data) -> Bool {
        (try? JSONDecoder().decode(Line.self, from: bytes))?.format == format
    }

    /// What a line holds; nil when it is neither a record nor a head.
    static func event(_ bytes: Data) -> ReadAuditEvent? {
        guard let line = try? JSONDecoder().decode(Line.self, from: bytes) else { return nil }
        if let head = line.head {
            guard let hash = HexText.bytes(head.hash) else { return nil }
            return ReadAuditEvent(head: AuditHead(sequence: head.sequence, hash: hash))
        }
        guard let sequence = line.sequence, let kind = line.kind, let status = line.finalStatus, let stop = line.stop,
            let previous = line.previousHash.flatMap(HexText.bytes), let hash = line.hash.flatMap(HexText.bytes)
        else { return nil }
        return ReadAuditEvent(
            record: AuditRecord(
                sequence: sequence, previousHash: previous, hash: hash, kind: ReceiptKind(rawValue: kind),
                finalStatus: TaskStatus(rawValue: status), stop: Array(stop)))
    }

    /// A line as JSON has it: the names are those of the wire.
    private struct Line: Decodable {
        var format: String?
        var sequence: UInt64?
        var kind: Int32?
        var finalStatus: Int32?
        var previousHash: String?
        var hash: String?
        var stop: Data?
        var head: Head?

        enum CodingKeys: String, CodingKey {
            case format, sequence, kind, hash, stop, head
            case finalStatus = "final_status"
            case previousHash = "previous_hash"
        }
    }

    private struct Head: Decodable {
        var sequence: UInt64
        var hash: String
    }
}
