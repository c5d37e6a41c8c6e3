import Dispatch
import Glibc

/// Turns Ctrl-C into the end of a wait, so that the command can say what goes on without it.
enum Interrupt {
    /// The wait was interrupted.
    struct Interrupted: Error {}

    /// Runs `operation` until it ends or SIGINT comes.
    ///
    /// - Throws: ``Interrupted`` after SIGINT, once the operation was cancelled and has returned.
    static func race<Value: Sendable>(
        _ operation: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        let (signals, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let previous = signal(SIGINT, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: SIGINT, queue: .global())
        source.setEventHandler { continuation.yield() }
        source.activate()
        defer {
            source.cancel()
            signal(SIGINT, previous)
        }
        return try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask { try await operation() }
            group.addTask {
                for await _ in signals { return nil }
                throw CancellationError()
            }
            defer { group.cancelAll() }
            guard let first = try await group.next(), let value = first else { throw Interrupted() }
            return value
        }
    }
}
