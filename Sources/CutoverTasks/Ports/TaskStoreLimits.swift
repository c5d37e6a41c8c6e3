package import CutoverModel

/// The bounds of the calls of a `TaskStore`, and the calls that no store carries out; the same in all of them.
package enum TaskStoreLimits {
    /// Task writes, or task ids, of one call.
    package static let writes = 10_000
    /// Pages of a batch in one call.
    package static let pages = 1000
    /// Alarms of one call.
    package static let alarms = 10_000
    /// Deliveries that are owed at one time.
    package static let deliveries = 10_000
    /// Batches of one answer to `openBatches`.
    package static let openBatches = 10_000

    /// The limit of a listing, brought into 1 to 1000.
    package static func pageLimit(_ limit: Int) -> Int { min(1000, max(1, limit)) }

    /// The place that a page token stands for; 0 for none.
    ///
    /// - Throws: `.noSuchPage` for a token that no store gave.
    package static func position(_ token: String?) throws -> Int64 {
        guard let token, !token.isEmpty else { return 0 }
        guard let position = Int64(token), position >= 0 else {
            throw TaskStoreError(.noSuchPage, "the page token is none of this store's: begin from the first page")
        }
        return position
    }

    /// - Throws: `.failed` for too many writes, or one that no store could carry out.
    package static func check(_ writes: [TaskWrite], atLeast least: Int = 1) throws {
        guard (least...Self.writes).contains(writes.count) else {
            throw TaskStoreError(.failed, "\(writes.count) writes in one call: give \(least) to \(Self.writes)")
        }
        for write in writes {
            guard !write.record.id.isEmpty else { throw TaskStoreError(.failed, "a write needs a task id") }
            guard let kind = write.seals else { continue }
            guard write.stop != nil, kind != .unspecified else {
                throw TaskStoreError(.failed, "a receipt needs a kind and the stop it is made of")
            }
        }
    }

    /// - Throws: `.failed` for a batch that no store could write.
    package static func check(_ batch: BatchWrite) throws {
        guard let id = batch.record.batch?.id, !id.isEmpty else {
            throw TaskStoreError(.failed, "a batch needs an id")
        }
        guard batch.pages.count <= pages else {
            throw TaskStoreError(.failed, "\(batch.pages.count) pages in one call: give at most \(pages)")
        }
        guard batch.pages.allSatisfy({ $0.batchId == id }) else {
            throw TaskStoreError(.failed, "a page of another batch was given with batch \(id)")
        }
    }

    /// - Throws: `.failed` for too many alarms, or one without an id.
    package static func check(_ alarms: [Alarm]) throws {
        guard alarms.count <= Self.alarms else {
            throw TaskStoreError(.failed, "\(alarms.count) alarms in one call: give at most \(Self.alarms)")
        }
        guard alarms.allSatisfy({ !$0.id.isEmpty }) else { throw TaskStoreError(.failed, "an alarm needs an id") }
    }
}
