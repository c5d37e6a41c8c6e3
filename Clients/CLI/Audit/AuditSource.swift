import CutoverClient
import CutoverConsole
import CutoverModel

/// Where an audit log is read: from the server, or from an export.
enum AuditSource {
    case server(ServerSession)
    case file(AuditFile)

    /// Calls `body` with each record in its order and with the head at the end.
    ///
    /// - Parameter afterSequence: Records after this one; in a file the others are read over.
    func forEach(afterSequence: UInt64 = 0, _ body: (AuditFile.Item) throws -> Void) async throws {
        switch self {
        case .server(let session):
            // A reading waits long for a server that went away; one that was never there is told at once.
            _ = try await session.client.checkHealth()
            for try await event in session.client.readAudit(afterSequence: afterSequence) { try body(.event(event)) }
        case .file(let file):
            try file.forEach { item in
                if case .event(let event) = item, let record = event.record, record.sequence <= afterSequence { return }
                try body(item)
            }
        }
    }

    /// The head: where the log says that it ends. Records are not read for it at the server.
    func head() async throws -> AuditHead? {
        var head: AuditHead?
        try await forEach(afterSequence: UInt64(Int64.max)) { item in
            if case .event(let event) = item { head = event.head ?? head }
        }
        return head
    }

    /// Runs `body` with the file when there is one, else with a connection.
    static func run(
        file: String?, _ connection: ConnectionOptions, _ body: (AuditSource, ServerSession) async throws -> Void
    ) async throws {
        try await ServerSession.run(connection) { session in
            try await body(file.map { .file(AuditFile(path: $0)) } ?? .server(session), session)
        }
    }
}

extension AuditWalk {
    /// Takes in what was read.
    mutating func take(_ item: AuditFile.Item) {
        switch item {
        case .event(let event): take(event)
        case .unreadable(let line): takeUnreadable(line: line)
        }
    }
}
