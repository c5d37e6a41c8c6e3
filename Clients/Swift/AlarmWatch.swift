public import CutoverModel
import CutoverServices

/// Alarms as they are raised, repeated and cleared.
///
/// It ends when the iterating task is cancelled, and throws when the server cannot be reached for
/// ``CutoverClient/Configuration/reconnectTimeoutMs`` or refuses the watch.
public struct AlarmWatch: AsyncSequence, Sendable {
    public typealias Element = WatchAlarmsEvent
    public typealias Failure = CutoverError

    let client: CutoverClient
    let request: WatchAlarmsRequest

    public func makeAsyncIterator() -> Iterator {
        Iterator(ResumingIterator(client: client, progress: AlarmProgress(request)))
    }

    /// Delivers one alarm after another.
    public struct Iterator: AsyncIteratorProtocol {
        private var base: ResumingIterator<AlarmProgress>

        init(_ base: ResumingIterator<AlarmProgress>) {
            self.base = base
        }

        public mutating func next(
            isolation actor: isolated (any Actor)? = #isolation
        ) async throws(CutoverError) -> WatchAlarmsEvent? {
            do {
                return try await base.next(isolation: actor)
            } catch {
                if error.code == .cancelled { return nil }
                throw error
            }
        }
    }
}

/// What of a watch of alarms has been delivered. A pure value.
struct AlarmProgress: StreamProgress, Hashable {
    private(set) var request: WatchAlarmsRequest

    let isComplete = false
    static let streamName = "the watch of alarms"

    init(_ request: WatchAlarmsRequest) {
        self.request = request
    }

    /// The server sends alarms in the order of their changes, so what follows a change is all that is still to come.
    mutating func take(_ event: WatchAlarmsEvent) -> Bool {
        guard let change = event.alarm?.change, change > request.afterChange else { return event.alarm != nil }
        request.afterChange = change
        return true
    }

    func open(_ client: CutoverClient) -> RPCMessageSequence<WatchAlarmsEvent> {
        client.alarms.watchAlarms(request)
    }
}
