import CutoverModel
import CutoverTasks
import Foundation

/// A write with its messages encoded on the caller's thread, so that the one writer only moves bytes.
struct EncodedWrite: Sendable {
    struct EncodedStop: Sendable {
        var id: String
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
    var seals: ReceiptKind?
    var deletes: Bool

    /// - Throws: `.failed` for a write that the store cannot carry out.
    init(_ write: TaskWrite) throws {
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
        self.record = try MessageCodec.encode(record)
        expectedRevision = Int64(bitPattern: write.expectedRevision)
        actor = write.actor
        action = write.action
        atMs = write.atMs
        stop = try write.stop.map { EncodedStop(id: $0.id, body: try MessageCodec.encode($0)) }
        spec = try write.spec.map(MessageCodec.encode)
        preCheck = try write.preCheck.map(MessageCodec.encode)
        request = write.request
        seals = write.seals
        deletes = write.deletes
        try checkTexts()
    }

    private func checkTexts() throws {
        try StoredText.check([taskID, name, stopID, actor, action, stop?.id ?? ""])
        if let request { try StoredText.check([request.id, request.taskID, request.stopID]) }
        for label in labels { try StoredText.check([label.key, label.value]) }
    }

    /// Ends work or frees room.
    var mayUseReserve: Bool { stop != nil || deletes }

    /// Changes a row that is there and nothing that hangs on it.
    var isPlainTransition: Bool { expectedRevision != 0 && !deletes && spec == nil && preCheck == nil }

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
    var stands: Bool {
        guard case .applied = self else { return false }
        return true
    }

    func decoded(for write: TaskWrite) throws -> WriteOutcome {
        switch self {
        case .applied(let revision, let seal):
            let receipt = seal.map {
                Receipt(
                    stop: write.stop, sequence: UInt64(bitPattern: $0.sequence), previousHash: Array($0.previousHash),
                    hash: Array($0.hash), finalStatus: write.record.status, kind: write.seals ?? .unspecified)
            }
            return .applied(revision: UInt64(bitPattern: revision), receipt: receipt)
        case .lost(let state):
            return .lost(current: try state?.decoded())
        case .requestKnown(let memo):
            return .requestKnown(memo)
        }
    }
}
