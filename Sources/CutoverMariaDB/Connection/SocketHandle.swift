internal import Glibc
internal import CutoverLocking
internal import struct Synchronization.Atomic

/// A second descriptor of a connection's socket, so that any thread can shut the socket down.
///
/// The client library closes its own descriptor when a connection breaks, and the system may give that number to
/// another connection at once; shutting down a duplicate of ours can never hit a stranger.
final class SocketHandle: Sendable {
    private let descriptor = Mutex<Int32>(-1)
    private let cancelled = Atomic<Bool>(false)

    var isCancelled: Bool { cancelled.load(ordering: .acquiring) }

    /// Takes a duplicate of the library's descriptor; shuts it down at once if a cancel came first.
    func adopt(_ original: Int32) {
        let copy = fcntl(original, F_DUPFD_CLOEXEC, 0)
        descriptor.withLock { $0 = copy }
        if isCancelled { shutDown() }
    }

    /// Wakes whoever waits on the socket; the connection is unusable from then on.
    func cancel() {
        cancelled.store(true, ordering: .releasing)
        shutDown()
    }

    func shutDown() {
        descriptor.withLock { descriptor in
            if descriptor >= 0 { _ = Glibc.shutdown(descriptor, Int32(SHUT_RDWR)) }
        }
    }

    func release() {
        descriptor.withLock { descriptor in
            if descriptor >= 0 { _ = Glibc.close(descriptor) }
            descriptor = -1
        }
    }

    deinit { release() }
}
