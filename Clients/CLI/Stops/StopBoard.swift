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
        guard let place = place(of: event) else { return nil }
        let before = stops[place].headline
        stops[place].observe(event, nowMs: nowMs)
        return stops[place].headline == before ? nil : stops[place]
    }

    /// Takes in a stop as the server answered it.
    func take(_ stop: Stop) {
        if let place = places[stop.taskId] { stops[place].observe(stop) }
    }

    /// The id of a stop that is followed here, when the task carries another one by now.
    func replacedStop(by event: WatchEvent) -> String? {
        guard let place = place(of: event), !stops[place].hasEnded, let other = event.stop?.id,
            other != stops[place].stop.id
        else { return nil }
        return stops[place].stop.id
    }

    private func place(of event: WatchEvent) -> Int? {
        places[event.taskId.isEmpty ? event.task?.id ?? "" : event.taskId]
    }
}
