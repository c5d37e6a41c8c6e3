import CutoverModel

/// What of a watch has been delivered, so that it can be taken up again without a gap or a repetition. A pure value.
struct WatchProgress: Sendable, Hashable {
    private let request: WatchTasksRequest
    /// The last change delivered; nil before the first.
    private var last: Place?

    private struct Place: Hashable, Comparable {
        var revision: UInt64
        var index: UInt32

        static func < (left: Place, right: Place) -> Bool {
            (left.revision, left.index) < (right.revision, right.index)
        }
    }

    init(_ request: WatchTasksRequest) {
        self.request = request
    }

    /// The request that continues the watch.
    ///
    /// It asks from just before the last revision: a revision may hold several changes and the connection may have been
    /// lost between two of them. Before the first change it asks for the present state again, which may be repeated
    /// without harm.
    var nextRequest: WatchTasksRequest {
        var next = request
        if let last { next.afterRevision = max(request.afterRevision, last.revision - min(1, last.revision)) }
        return next
    }

    /// Whether a message is new and to be delivered.
    mutating func take(_ event: WatchEvent) -> Bool {
        guard let change = event.event else { return true }
        let place = Place(revision: change.revision, index: change.index)
        if let last, place <= last { return false }
        last = place
        return true
    }
}
