import Dispatch
import Glibc

/// Turns Ctrl-C into the end of a wait, so that the command can say what goes on without it.
enum Interrupt {
    /// The wait was interrupted.
    struct Interrupted: Error {}

    /// Runs `operation` until it ends or SIGINT comes.
    ///
    /// It begins once SIGINT is listened to: by then Dispatch has its own handler for it. Until then the signal ends the process,
    /// as it does everywhere; ignored for that time, it would be lost.
    ///
    /// - Throws: ``Interrupted`` after SIGINT, once the operation was cancelled and has returned.
    static func race<Value: Sendable>(
        _ operation: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        let (signals, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let source = DispatchSource.makeSignalSource(signal: SIGINT, queue: .global())
        source.setEventHandler { continuation.yield() }
        await withCheckedContinuation { isListening in
            source.setRegistrationHandler { isListening.resume() }
            source.activate()
        }
        defer {
            source.cancel()
            signal(SIGINT, SIG_DFL)
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
