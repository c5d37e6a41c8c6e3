internal import Dispatch
internal import Glibc
internal import CutoverLocking

/// One operating-system thread that runs jobs in the order in which they were given.
///
/// libmariadb calls block, so they run here and never on Swift's cooperative pool. A thread of our own, instead of a
/// dispatch queue, because dispatch caps its pool: with the reader and the loader of a copy each waiting for the other
/// a capped pool can deadlock.
final class ConnectionThread: Sendable {
    typealias Job = @Sendable () -> Void

    private struct State {
        var jobs: [Job] = []
        var stopped = false
    }

    private let state = Mutex(State())
    private let wakeups = DispatchSemaphore(value: 0)

    private init() {}

    /// Starts a thread.
    ///
    /// - Throws: ``MariaDBError`` if the system has no thread to give.
    static func start() throws(MariaDBError) -> ConnectionThread {
        let thread = ConnectionThread()
        let argument = Unmanaged.passRetained(thread)
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        pthread_attr_setstacksize(&attributes, 1 << 20)
        var identifier = pthread_t()
        let status = pthread_create(
            &identifier, &attributes,
            { argument in
                guard let argument else { return nil }
                Unmanaged<ConnectionThread>.fromOpaque(argument).takeRetainedValue().loop()
                return nil
            }, argument.toOpaque())
        guard status == 0 else {
            argument.release()
            throw MariaDBError(
                code: .client, serverCode: Int(status), sqlState: "HY000", message: "the system gave no thread",
                operation: "start a connection thread")
        }
        return thread
    }

    /// Appends a job; false, and the job is dropped, if the thread was told to stop.
    func enqueue(_ job: @escaping Job) -> Bool {
        let accepted = state.withLock { state in
            guard !state.stopped else { return false }
            state.jobs.append(job)
            return true
        }
        if accepted { wakeups.signal() }
        return accepted
    }

    /// Appends a last job; the thread ends after it. False if the thread had been told to stop before.
    @discardableResult
    func stop(after job: @escaping Job) -> Bool {
        let accepted = state.withLock { state in
            guard !state.stopped else { return false }
            state.jobs.append(job)
            state.stopped = true
            return true
        }
        if accepted { wakeups.signal() }
        return accepted
    }

    private func loop() {
        while true {
            wakeups.wait()
            let (job, last): (Job?, Bool) = state.withLock { state in
                guard !state.jobs.isEmpty else { return (nil, state.stopped) }
                let job = state.jobs.removeFirst()
                return (job, state.stopped && state.jobs.isEmpty)
            }
            job?()
            if last { return }
        }
    }
}
