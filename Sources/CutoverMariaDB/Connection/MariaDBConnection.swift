internal import CutoverLocking

/// One connection to a MariaDB server, served by a thread of its own.
///
/// Calls queue up and run in order. If the task that waits for a call is cancelled, the socket is shut down, the call
/// ends at once and throws `CancellationError`; the connection cannot be used afterwards. What the server was doing
/// may go on until it notices; use ``ConnectionKiller`` to end it there.
package final class MariaDBConnection: Sendable {
    /// The session, confined to the connection's thread.
    ///
    /// Unchecked, because only jobs of the one thread read or write `session`: they are serial by construction.
    private final class Slot: @unchecked Sendable {
        var session: MariaDBSession?
    }

    /// A waiting caller, resumed once: by the thread or by a cancel that does not wait for the thread.
    private final class Waiter: Sendable {
        private let continuation: Mutex<CheckedContinuation<Facts, any Error>?>

        init(_ continuation: CheckedContinuation<Facts, any Error>) { self.continuation = Mutex(continuation) }

        func resume(_ result: Result<Facts, any Error>) -> Bool {
            let continuation = continuation.withLock { stored in
                defer { stored = nil }
                return stored
            }
            continuation?.resume(with: result)
            return continuation != nil
        }
    }

    private struct Facts: Sendable {
        var connectionID: UInt64
        var serverVersion: String
    }

    private let thread: ConnectionThread
    private let slot: Slot
    private let socket: SocketHandle
    /// The server's number of this connection, for KILL and for the process list.
    package let connectionID: UInt64
    /// The server's version text, such as `10.11.19-MariaDB`.
    package let serverVersion: String

    private init(thread: ConnectionThread, slot: Slot, socket: SocketHandle, facts: Facts) {
        self.thread = thread
        self.slot = slot
        self.socket = socket
        connectionID = facts.connectionID
        serverVersion = facts.serverVersion
    }

    deinit { Self.release(thread, slot, socket) }

    private static func release(_ thread: ConnectionThread, _ slot: Slot, _ socket: SocketHandle) {
        thread.stop {
            slot.session?.close()
            slot.session = nil
            socket.release()
        }
    }

    /// Opens a connection.
    ///
    /// A cancel returns at once; the attempt itself then ends by its own timeout and cleans up behind us.
    ///
    /// - Throws: ``MariaDBError`` with code `connectFailed`, or `CancellationError`.
    package static func connect(
        _ endpoint: MariaDBEndpoint, options: MariaDBConnectionOptions = MariaDBConnectionOptions()
    ) async throws -> MariaDBConnection {
        try Task.checkCancellation()
        let thread = try ConnectionThread.start()
        let slot = Slot()
        let socket = SocketHandle()
        let waiter = Mutex<Waiter?>(nil)
        do {
            let facts = try await withTaskCancellationHandler {
                try await withCheckedThrowingContinuation { continuation in
                    let caller = Waiter(continuation)
                    waiter.withLock { $0 = caller }
                    if socket.isCancelled { _ = caller.resume(.failure(CancellationError())) }
                    _ = thread.enqueue { open(endpoint, options, slot, socket, caller) }
                }
            } onCancel: {
                socket.cancel()
                _ = waiter.withLock { $0 }?.resume(.failure(CancellationError()))
            }
            return MariaDBConnection(thread: thread, slot: slot, socket: socket, facts: facts)
        } catch {
            release(thread, slot, socket)
            throw error
        }
    }

    private static func open(
        _ endpoint: MariaDBEndpoint, _ options: MariaDBConnectionOptions, _ slot: Slot, _ socket: SocketHandle,
        _ caller: Waiter
    ) {
        do {
            let session = try MariaDBSession.open(endpoint, options, socket: socket)
            slot.session = session
            _ = caller.resume(
                .success(Facts(connectionID: session.connectionID, serverVersion: session.serverVersion)))
        } catch {
            _ = caller.resume(.failure(socket.isCancelled ? CancellationError() : error))
        }
    }

    /// Runs a closure with the session, on the connection's thread; it may block.
    package func withSession<Value: Sendable>(
        _ body: @escaping @Sendable (MariaDBSession) throws -> Value
    ) async throws -> Value {
        try Task.checkCancellation()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let accepted = thread.enqueue { [slot, socket] in
                    continuation.resume(with: Self.run(body, slot, socket))
                }
                if !accepted { continuation.resume(throwing: Self.closed) }
            }
        } onCancel: {
            socket.cancel()
        }
    }

    private static func run<Value: Sendable>(
        _ body: @Sendable (MariaDBSession) throws -> Value, _ slot: Slot, _ socket: SocketHandle
    ) -> Result<Value, any Error> {
        guard !socket.isCancelled else { return .failure(CancellationError()) }
        guard let session = slot.session else { return .failure(closed) }
        do {
            return .success(try body(session))
        } catch {
            return .failure(socket.isCancelled ? CancellationError() : error)
        }
    }

    private static var closed: MariaDBError {
        MariaDBError(code: .closed, message: "the connection is closed", operation: "use a connection")
    }

    /// Runs a statement without rows.
    @discardableResult
    package func execute(_ sql: String, as operation: String = "run a statement") async throws -> ExecutionResult {
        try await withSession { try $0.execute(sql, as: operation) }
    }

    /// Runs a query and returns its rows, bounded.
    package func query(
        _ sql: String, as operation: String = "run a query", maxRows: Int = 200_000
    ) async throws -> [MariaDBRow] {
        try await withSession { try $0.query(sql, as: operation, maxRows: maxRows) }
    }

    /// The first column of the first row as text; nil for NULL or no row.
    package func value(_ sql: String, as operation: String = "run a query") async throws -> String? {
        try await query(sql, as: operation, maxRows: 16).first?[0]
    }

    /// Wakes any call by shutting the socket down, from any thread; the connection is unusable from then on.
    package func cancel() { socket.cancel() }

    /// True once ``cancel()`` was called, by hand or by a cancelled task.
    package var isCancelled: Bool { socket.isCancelled }

    /// Closes the connection after the calls that are queued; returns when it is closed.
    package func close() async {
        await withCheckedContinuation { continuation in
            let accepted = thread.stop { [slot, socket] in
                slot.session?.close()
                slot.session = nil
                socket.release()
                continuation.resume()
            }
            if !accepted { continuation.resume() }
        }
    }
}
