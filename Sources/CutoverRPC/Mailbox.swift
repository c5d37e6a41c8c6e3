internal import NIOCore
internal import CutoverLocking

/// Hands events from any thread to the one handler that owns a connection, many at a time.
///
/// The event loop is woken once for all events posted until it has taken them, so that a busy connection pays for one
/// wake-up and one flush where a promise for each call would pay for as many as there are calls.
final class Mailbox<Event: Sendable>: Sendable {
    private struct State {
        var events: [Event] = []
        var wake: (@Sendable () -> Void)?
        var isWakeScheduled = false
        var isClosed = false
    }

    private let state = Mutex(State())
    private let eventLoop: any EventLoop

    init(eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    /// Adds an event. False when the connection is gone; the event is then the caller's to deal with.
    func post(_ event: Event) -> Bool {
        let (isTaken, wake) = state.withLock { state -> (Bool, (@Sendable () -> Void)?) in
            guard !state.isClosed else { return (false, nil) }
            state.events.append(event)
            guard !state.isWakeScheduled, let wake = state.wake else { return (true, nil) }
            state.isWakeScheduled = true
            return (true, wake)
        }
        if let wake { eventLoop.execute(wake) }
        return isTaken
    }

    /// Says what to run on the event loop when events are there. Events posted before are announced now.
    func open(wake: @escaping @Sendable () -> Void) {
        let isLate = state.withLock { state in
            guard !state.isClosed else { return false }
            state.wake = wake
            state.isWakeScheduled = !state.events.isEmpty
            return state.isWakeScheduled
        }
        if isLate { eventLoop.execute(wake) }
    }

    /// Swaps the waiting events with `events`, which must be empty and keeps its storage for the next time.
    func take(into events: inout [Event]) {
        state.withLock { state in
            swap(&state.events, &events)
            state.isWakeScheduled = false
        }
    }

    /// Takes no more events, and returns those that nobody took.
    func close() -> [Event] {
        state.withLock { state in
            state.isClosed = true
            state.wake = nil
            defer { state.events = [] }
            return state.events
        }
    }
}
