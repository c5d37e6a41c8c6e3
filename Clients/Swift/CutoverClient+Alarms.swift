public import CutoverModel
import CutoverServices

extension CutoverClient {
    var alarms: AlarmServiceClient { AlarmServiceClient(client: rpc) }

    /// One page of the alarms that match, the latest change first. Ask for the next with the page token of the reply,
    /// until that is empty.
    public func listAlarms(
        _ request: ListAlarmsRequest = .init(), timeoutMs: UInt32? = nil
    ) async throws(CutoverError) -> ListAlarmsResponse {
        try await call(timeoutMs) { options in try await self.alarms.listAlarms(request, options: options) }
    }

    /// Alarms as they are raised, repeated and cleared. Lost connections are made anew; an alarm that changed meanwhile is
    /// told as it is then.
    ///
    /// With `afterChange` 0 the active alarms come first.
    public func watchAlarms(_ request: WatchAlarmsRequest = .init()) -> AlarmWatch {
        AlarmWatch(client: self, request: request)
    }
}
