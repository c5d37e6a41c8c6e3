import CutoverModel
import CutoverTasks
import Foundation

/// A batch's write with its messages encoded on the caller's thread.
struct EncodedBatch: Sendable {
    struct Page: Sendable {
        var index: Int64
        var body: Data
    }

    var id: String
    var state: BatchState
    /// With revision 0: the revision is a column, known only in the commit.
    var record: Data
    var expectedRevision: Int64
    var pages: [Page]
    var actor: String
    var action: String
    var atMs: Int64

    /// - Throws: `.failed` for a batch that the store cannot write.
    init(_ write: BatchWrite) throws {
        try TaskStoreLimits.check(write)
        var record = write.record
        record.batch?.revision = 0
        id = record.batch?.id ?? ""
        state = record.batch?.state ?? .unspecified
        self.record = try MessageCodec.encode(record)
        expectedRevision = Int64(bitPattern: write.expectedRevision)
        pages = try write.pages.map { Page(index: Int64($0.index), body: try MessageCodec.encode($0)) }
        actor = write.actor
        action = write.action
        atMs = write.atMs
        try StoredText.check([id, actor, action])
    }
}

/// A batch's row.
struct RawBatch: Sendable {
    var revision: Int64
    var record: Data

    func decoded() throws -> BatchRecord {
        var record = try MessageCodec.decode(BatchRecord.self, record)
        record.batch?.revision = UInt64(bitPattern: revision)
        return record
    }
}

/// What the writer made of a batch's write, before it is decoded on the caller's thread.
enum RawBatchOutcome: Sendable {
    case applied(revision: Int64, [RawOutcome])
    case partial([RawOutcome])
    case refused([RawOutcome])
    case lost(RawBatch?)

    func decoded(for writes: [TaskWrite]) throws -> BatchOutcome {
        switch self {
        case .applied(let revision, let outcomes):
            return .applied(revision: UInt64(bitPattern: revision), try Self.decoded(outcomes, for: writes))
        case .partial(let outcomes): return .partial(try Self.decoded(outcomes, for: writes))
        case .refused(let outcomes): return .refused(try Self.decoded(outcomes, for: writes))
        case .lost(let current): return .lost(current: try current?.decoded())
        }
    }

    private static func decoded(_ outcomes: [RawOutcome], for writes: [TaskWrite]) throws -> [WriteOutcome] {
        try zip(outcomes, writes).map { try $0.decoded(for: $1) }
    }
}
