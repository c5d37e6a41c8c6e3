/// The lock of the modules that are run under ThreadSanitizer.
///
/// It is the standard library's. ThreadSanitizer does not see that one (its code is not instrumented) and reports every guarded
/// access as a race, but it does see a pthread lock: with `CUTOVER_SANITIZED` defined, that takes its place.
#if CUTOVER_SANITIZED
    import Glibc

    /// Unchecked because the lock alone leads to the value.
    public final class Mutex<Value>: @unchecked Sendable {
        private var value: Value
        private let lock: UnsafeMutablePointer<pthread_mutex_t>

        public init(_ initial: consuming sending Value) {
            value = initial
            lock = .allocate(capacity: 1)
            lock.initialize(to: pthread_mutex_t())
            pthread_mutex_init(lock, nil)
        }

        deinit {
            pthread_mutex_destroy(lock)
            lock.deallocate()
        }

        public func withLock<Result, Failure: Error>(
            _ body: (inout sending Value) throws(Failure) -> sending Result
        ) throws(Failure) -> sending Result {
            pthread_mutex_lock(lock)
            defer { pthread_mutex_unlock(lock) }
            return try body(&value)
        }
    }
#else
    public import Synchronization

    public typealias Mutex<Value> = Synchronization.Mutex<Value>
#endif
