package import CutoverModel
internal import CutoverLocking

/// Every connection that one worker has open, so that a stop can end all of them.
///
/// Destination connections are also recorded at the destination and hold a named lock, so that a takeover can end them
/// when this process cannot.
package final class WorkerConnections: Sendable {
    /// Which end a connection goes to.
    package enum End: String, Sendable, Hashable, CaseIterable {
        case source, destination
    }

    private struct Entry: Sendable {
        let connection: MariaDBConnection
        let end: End
        let role: String
    }

    private struct State {
        var entries: [Entry] = []
        var isClosed = false
    }

    package let source: MariaDBEndpoint
    package let destination: MariaDBEndpoint
    package let fence: Fence
    private let state = Mutex(State())

    package init(source: MariaDBEndpoint, destination: MariaDBEndpoint, fence: Fence) {
        self.source = source
        self.destination = destination
        self.fence = fence
    }

    /// Opens a connection and keeps it on the list.
    ///
    /// - Parameter role: what it is for, in lower-case words, such as `binlog dump`.
    /// - Throws: ``MariaDBError``; code `closed` once the worker was closed.
    package func open(
        _ end: End, role: String, options: MariaDBConnectionOptions = MariaDBConnectionOptions()
    ) async throws -> MariaDBConnection {
        guard !state.withLock({ $0.isClosed }) else { throw Self.closed }
        let connection = try await MariaDBConnection.connect(end == .source ? source : destination, options: options)
        let accepted = state.withLock { state in
            guard !state.isClosed else { return false }
            state.entries.append(Entry(connection: connection, end: end, role: role))
            return true
        }
        guard accepted else {
            await connection.close()
            throw Self.closed
        }
        return connection
    }

    /// Opens a destination connection that a takeover can end; the fence's tables must be there (after a claim).
    package func openWriter(
        role: String, options: MariaDBConnectionOptions = MariaDBConnectionOptions()
    ) async throws -> MariaDBConnection {
        let connection = try await open(.destination, role: role, options: options)
        do {
            let identifier = connection.connectionID
            let lock = SQLText.string(fence.connectionLock(identifier))
            guard try await connection.value("SELECT GET_LOCK(\(lock), 0)") == "1" else { throw Fence.lost }
            try await connection.execute(
                """
                REPLACE INTO \(Fence.connectionTable) (task, conn_id, epoch, role) \
                VALUES (\(fence.taskLiteral), \(identifier), \(fence.epoch), \(SQLText.string(role)))
                """, as: "record a connection")
            // A takeover reads the list after it raised the epoch: recorded before this check means it sees us.
            guard let row = try await fence.read(connection), row.epoch == fence.epoch, row.isOwned else {
                throw Fence.lost
            }
            return connection
        } catch {
            await release(connection)
            throw error
        }
    }

    /// Closes one connection and takes it off the list.
    package func release(_ connection: MariaDBConnection) async {
        connection.cancelIfTaskIsCancelled()
        await connection.close()
        state.withLock { $0.entries.removeAll { $0.connection === connection } }
    }

    private static var closed: MariaDBError {
        MariaDBError(code: .closed, message: "the worker was closed", operation: "connect")
    }

    /// Ends all connections: KILL at the servers, then the sockets; within about 2.5 seconds.
    ///
    /// New connections are refused from then on.
    package func closeAll() async -> [ResourceOutcome] {
        let entries = state.withLock { state in
            state.isClosed = true
            defer { state.entries = [] }
            return state.entries
        }
        let kills = await withTaskGroup(of: (End, [UInt64: ConnectionKiller.Outcome]?).self) { group in
            for end in End.allCases {
                let identifiers = entries.filter { $0.end == end }.map(\.connection.connectionID)
                guard !identifiers.isEmpty else { continue }
                let endpoint = end == .source ? source : destination
                // Detached: the caller's cancellation must not stop the clean-up.
                let kill = Task.detached { try? await ConnectionKiller.kill(identifiers, at: endpoint) }
                group.addTask { (end, await Self.value(of: kill, withinMs: 2000)) }
            }
            var outcomes: [End: [UInt64: ConnectionKiller.Outcome]] = [:]
            for await (end, outcome) in group { outcomes[end] = outcome }
            return outcomes
        }
        for entry in entries { entry.connection.cancel() }
        let closing = Task.detached {
            for entry in entries { await entry.connection.close() }
            return [UInt64: ConnectionKiller.Outcome]()
        }
        _ = await Self.value(of: closing, withinMs: 700)
        return entries.map { Self.outcome($0, kills[$0.end]?[$0.connection.connectionID]) }
    }

    private static func outcome(_ entry: Entry, _ kill: ConnectionKiller.Outcome?) -> ResourceOutcome {
        let resource = "\(entry.end.rawValue) connection \(entry.connection.connectionID) (\(entry.role))"
        return switch kill {
        case .killed, .alreadyGone: ResourceOutcome(resource: resource, released: true, message: "")
        case .failed(let error):
            ResourceOutcome(
                resource: resource, released: false,
                message: "closed here, but the server refused to end it: \(error.message)")
        case nil:
            ResourceOutcome(
                resource: resource, released: false,
                message: "closed here, but the server did not answer; it ends the connection when it notices")
        }
    }

    /// A task's value, or nil when it takes too long; the task goes on by itself then.
    private static func value<Value: Sendable>(of task: Task<Value?, Never>, withinMs limit: Int) async -> Value? {
        await withCheckedContinuation { continuation in
            let once = Once(continuation)
            Task.detached { once.resume(await task.value) }
            Task.detached {
                try? await Task.sleep(for: .milliseconds(limit))
                once.resume(nil)
            }
        }
    }

    private static func value<Value: Sendable>(of task: Task<Value, Never>, withinMs limit: Int) async -> Value? {
        await value(of: Task.detached { Optional(await task.value) }, withinMs: limit)
    }

    /// A continuation that only the first of several answers resumes.
    private final class Once<Value: Sendable>: Sendable {
        private let continuation: Mutex<CheckedContinuation<Value?, Never>?>

        init(_ continuation: CheckedContinuation<Value?, Never>) { self.continuation = Mutex(continuation) }

        func resume(_ value: Value?) {
            let stored = continuation.withLock { stored in
                defer { stored = nil }
                return stored
            }
            stored?.resume(returning: value)
        }
    }
}

extension MariaDBConnection {
    /// A task that was cancelled must not wait for queued calls before it closes.
    fileprivate func cancelIfTaskIsCancelled() {
        if Task.isCancelled { cancel() }
    }
}
