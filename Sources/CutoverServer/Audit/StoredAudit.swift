public import CutoverModel
internal import CutoverSQLite
internal import CutoverTasks
internal import Foundation
internal import Logging

/// The audit log of a store that no server uses now, verified in place.
public struct StoredAudit: Sendable, Hashable {
    /// Records found good, from the first on.
    public var records: UInt64
    /// What is wrong with the log; nil when nothing is.
    public var problem: String?
    /// Where the log ends by the store's own word.
    public var head: AuditHead

    /// Walks the whole log.
    /// - Parameter known: a head that was kept elsewhere: the log must still hold that record.
    /// - Throws: ``ConfigurationError`` when there is no store, `TaskStoreError` when a server uses it or it cannot be read.
    public static func verify(
        _ configuration: ServerConfiguration, known: AuditHead? = nil
    ) async throws -> StoredAudit {
        guard FileManager.default.fileExists(atPath: configuration.storePath) else {
            throw ConfigurationError(
                "There is no store at \(configuration.storePath). Set data_directory to the server's.")
        }
        let store = try await SQLiteTaskStore.open(
            path: configuration.storePath, logger: Logger(label: "cutoverd"), isForInspection: true)
        do {
            let verified = try await store.verifyAudit()
            var audit = StoredAudit(
                records: verified.records, problem: verified.problem, head: try await store.auditHead())
            if audit.problem == nil, let known { audit.problem = try await problem(with: known, in: store) }
            await store.close()
            return audit
        } catch {
            await store.close()
            throw error
        }
    }

    private static func problem(with known: AuditHead, in store: some TaskStore) async throws -> String? {
        guard known.sequence > 0, known.sequence <= UInt64(Int64.max) else { return nil }
        let record = try await store.audit(after: known.sequence - 1, limit: 1).first
        guard let record, record.sequence == known.sequence else {
            return "record \(known.sequence), which was the last once, is missing"
        }
        return record.hash == known.hash ? nil : "record \(known.sequence) is not the one whose hash was kept"
    }
}
