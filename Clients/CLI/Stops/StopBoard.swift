import CutoverModel

/// The stops that are followed, shared by what hears of them and what draws them.
actor StopBoard {
    private(set) var stops: [FollowedStop]
    private var places: [String: Int] = [:]

    init(_ stops: [Stop]) {
        self.stops = stops.map(FollowedStop.init)
        for (index, stop) in stops.enumerated() { places[stop.taskId] = index }
    }

    var haveEnded: Bool { stops.allSatisfy(\.hasEnded) }

    /// Takes in a message.
    ///
    /// - Returns: the stop it is about when its headline changed.
    func take(_ event: WatchEvent, nowMs: Int64) -> FollowedStop? {
        let id = event.taskId.isEmpty ? event.task?.id ?? "" : event.taskId
        guard let place = places[id] else { return nil }
        let before = stops[place].headline
        stops[place].observe(event, nowMs: nowMs)
        return stops[place].headline == before ? nil : stops[place]
    }
}
