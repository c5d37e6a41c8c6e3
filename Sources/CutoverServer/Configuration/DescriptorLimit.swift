internal import CutoverRPC
internal import Foundation

/// How many files and connections the process may have open, and how many of them clients may take.
///
/// Systems start a process with a low limit that it may raise by itself. Clients get half of it at most: however many come,
/// the store and the tasks' workers open what they need.
enum DescriptorLimit {
    /// Raises the limit as far as the process may, and returns it.
    static func raise() -> Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1_024 }
        var raised = limit
        raised.rlim_cur = limit.rlim_max
        if setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &raised) == 0 { limit = raised }
        return Int(clamping: limit.rlim_cur)
    }

    /// Lowers the caps on connections to what a limit allows.
    static func bound(_ listener: inout RPCServerConfiguration, to limit: Int) {
        listener.maxConnections = max(1, min(listener.maxConnections, limit / 2))
        listener.maxConnectionsInSetUp = max(1, min(listener.maxConnectionsInSetUp, listener.maxConnections / 4))
    }
}
