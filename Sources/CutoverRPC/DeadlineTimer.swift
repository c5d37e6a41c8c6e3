internal import NIOCore

/// One timer for all the deadlines of a connection, set to the earliest.
///
/// A timer for each call would cost more than the call: most calls end long before their deadlines.
struct DeadlineTimer {
    let due: NIODeadline
    private let scheduled: Scheduled<Void>

    /// Runs `body` on the event loop at `due`, and never less than a millisecond from now.
    init(due: NIODeadline, on eventLoop: any EventLoop, _ body: @escaping () -> Void) {
        self.due = due
        let soonest = NIODeadline.now() + .milliseconds(1)
        scheduled = eventLoop.assumeIsolated().scheduleTask(deadline: max(due, soonest), body)
    }

    func cancel() {
        scheduled.cancel()
    }
}
