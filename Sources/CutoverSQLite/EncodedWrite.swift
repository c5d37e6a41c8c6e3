import CutoverModel
import CutoverTasks
import Foundation

/// A write with its messages encoded on the caller's thread, so that the one writer only moves bytes.
struct EncodedWrite: Sendable {
    struct EncodedStop: Sendable {
        var id: String
        var batchID: String
        var body: Data
    }

    var taskID: String
    var name: String
    var status: TaskStatus
    var from: TaskStatus
    var epoch: Int64
    var stopID: String
    var labels: [TaskLabel]
    /// All labels in one value: compared with the stored one to leave the label table alone in nearly every transition.
    var labelKey: Data
    /// With revision 0: the revision is a column, known only in the commit.
    var record: Data
    var expectedRevision: Int64
    var actor: String
    var action: String
    var atMs: Int64
    var stop: EncodedStop?
    var spec: Data?
    var preCheck: Data?
    var request: RequestMemo?
    var sealsReceipt: Bool
    var deletes: Bool

    /// - Throws: `.failed` for a write that no store could carry out.
    init(_ write: TaskWrite) throws {
        guard !write.record.id.isEmpty else {
            throw TaskStoreError(.failed, "a write needs a task id")
        }
        guard write.seals == nil || write.stop != nil else {
            throw TaskStoreError(.failed, "a receipt needs the stop it is made of")
        }
        var record = write.record
        record.revision = 0
        taskID = record.id
        name = record.name
        status = record.status
        from = write.from
        epoch = Int64(bitPattern: record.epoch)
        stopID = record.stopId
        labels = record.labels
        labelKey = Self.labelKey(record.labels)
        self.record = MessageCodec.encode(record)
        expectedRevision = Int64(bitPattern: write.expectedRevision)
        actor = write.actor
        action = write.action
        atMs = write.atMs
        stop = write.stop.map {
            EncodedStop(id: $0.id, batchID: $0.batchId, body: MessageCodec.encode($0))
        }
        spec = write.spec.map(MessageCodec.encode)
        preCheck = write.preCheck.map(MessageCodec.encode)
        request = write.request
        sealsReceipt = write.seals != nil
        deletes = write.deletes
        try checkTexts()
        try checkSizes()
    }

    /// SQLite ends a bound text at its first NUL: two ids that differ after one would be the same row.
    private func checkTexts() throws {
        var texts = [taskID, name, stopID, actor, action, stop?.id ?? "", stop?.batchID ?? ""]
        texts += [request?.id ?? "", request?.taskID ?? "", request?.stopID ?? ""]
        texts += labels.flatMap { [$0.key, $0.value] }
        guard !texts.contains(where: { $0.utf8.contains(0) }) else {
            throw TaskStoreError(.failed, "a name, id or label of a write holds a NUL character")
        }
    }

    /// Bytes of one message; far above what the limits of the protocol let through.
    private static let bodyLimitBytes = 64 << 20

    private func checkSizes() throws {
        let sizes = [record.count, stop?.body.count ?? 0, spec?.count ?? 0, preCheck?.count ?? 0]
        guard sizes.allSatisfy({ $0 <= Self.bodyLimitBytes }) else {
            throw TaskStoreError(.failed, "a message of task \(taskID) is larger than \(Self.bodyLimitBytes) bytes")
        }
    }

    private static func labelKey(_ labels: [TaskLabel]) -> Data {
        guard !labels.isEmpty else { return Data() }
        var key = Data()
        for label in labels {
            for text in [label.key, label.value] {
                withUnsafeBytes(of: UInt32(truncatingIfNeeded: text.utf8.count).bigEndian) {
                    key.append(contentsOf: $0)
                }
                key.append(contentsOf: text.utf8)
            }
        }
        return key
    }
}

/// What the writer found, before it is decoded on the caller's thread.
enum RawOutcome: Sendable {
    case applied(revision: Int64, seal: RawSeal?)
    case lost(RawState?)
    case requestKnown(RequestMemo)
}

/// A receipt's place in the audit log.
struct RawSeal: Sendable {
    var sequence: Int64
    var previousHash: Data
    var hash: Data
}

/// A task's row and its stop's.
struct RawState: Sendable {
    var revision: Int64
    var record: Data
    var stop: Data?

    func decoded() throws -> TaskState {
        var record = try MessageCodec.decode(TaskRecord.self, record)
        record.revision = UInt64(bitPattern: revision)
        return TaskState(record: record, stop: try stop.map { try MessageCodec.decode(Stop.self, $0) })
    }
}

extension RawOutcome {
    func decoded(for write: TaskWrite) throws -> WriteOutcome {
        switch self {
        case .applied(let revision, let seal):
            let receipt = seal.map {
                Receipt(
                    stop: write.stop, sequence: UInt64(bitPattern: $0.sequence), previousHash: Array($0.previousHash),
                    hash: Array($0.hash), finalStatus: write.record.status)
            }
            return .applied(revision: UInt64(bitPattern: revision), receipt: receipt)
        case .lost(let state):
            return .lost(current: try state?.decoded())
        case .requestKnown(let memo):
            return .requestKnown(memo)
        }
    }
}
