import CutoverModel
internal import CutoverRPC
internal import CutoverServices
internal import CutoverTasks

/// Hands the audit log out for verification elsewhere.
struct AuditService: AuditServiceHandler {
    /// Records read from the store at a time: one may hold thousands of objects.
    private static let page = 100

    let store: any TaskStore

    func readAudit(
        _ request: ReadAuditRequest, context: CallContext, writer: ItemWriter<ReadAuditEvent>
    ) async throws {
        guard request.afterSequence <= UInt64(Int64.max) else {
            throw ServiceErrors.invalid("after_sequence is larger than any record's.")
        }
        do {
            try await send(after: request.afterSequence, writer)
        } catch {
            throw ServiceErrors.rpcError(error)
        }
    }

    /// Sends the records and then a head that agrees with them, if the log is whole.
    ///
    /// The head is read after the records, and records that were added in between are sent before it. A head that speaks of
    /// records that are not there, or does not speak of those that are, is sent as it is: it is what the reader looks for.
    private func send(after sequence: UInt64, _ writer: ItemWriter<ReadAuditEvent>) async throws {
        var last = sequence
        while true {
            try await sendRecords(after: &last, writer)
            let head = try await store.auditHead()
            let isMissing =
                head.sequence > last ? try await store.audit(after: last, limit: 1).isEmpty : true
            if isMissing { return try await writer.write(ReadAuditEvent(head: head)) }
        }
    }

    private func sendRecords(after last: inout UInt64, _ writer: ItemWriter<ReadAuditEvent>) async throws {
        while true {
            let records = try await store.audit(after: last, limit: Self.page)
            for record in records {
                try await writer.write(ReadAuditEvent(record: record))
                last = record.sequence
            }
            if records.isEmpty { return }
        }
    }
}
