import CutoverModel

/// What of a watch has been delivered, so that it can be taken up again without a gap or a repetition. A pure value.
struct WatchProgress: Sendable, Hashable {
    private let request: WatchTasksRequest
    /// The last change delivered, or the end of a listing; nil while the next request has to ask for the present state.
    private var last: Place?
    /// Tasks were delivered as they stood, and the end of that listing was not.
    private var isListing = false
    /// A `RELIST` was delivered: the revision that the watch began at is of no use any more.
    private var isRelisted = false

    private struct Place: Hashable, Comparable {
        var revision: UInt64
        var index: UInt32

        /// Behind every change of a revision.
        static func end(of revision: UInt64) -> Place { Place(revision: revision, index: .max) }

        static func < (left: Place, right: Place) -> Bool {
            (left.revision, left.index) < (right.revision, right.index)
        }
    }

    init(_ request: WatchTasksRequest) {
        self.request = request
    }

    /// The request that continues the watch.
    ///
    /// After a whole listing it asks for what follows it. After a change it asks from just before that one's revision: a
    /// revision may hold several changes and the connection may have been lost between two of them.
    var nextRequest: WatchTasksRequest {
        var next = request
        guard let last else {
            if isRelisted { next.afterRevision = 0 }
            return next
        }
        let isWhole = last.index == .max
        let revision = isWhole ? last.revision : last.revision - min(1, last.revision)
        next.afterRevision = isRelisted ? revision : max(request.afterRevision, revision)
        return next
    }

    /// To be called when the connection was lost.
    ///
    /// - Returns: what to deliver first. A listing that broke off begins anew, and a task that was deleted in between would
    ///   not be in it: the caller has to forget what it holds.
    mutating func reconnect() -> WatchEvent? {
        guard isListing else { return nil }
        isListing = false
        return WatchEvent(kind: .relist)
    }

    /// Whether a message is new and to be delivered.
    mutating func take(_ event: WatchEvent) -> Bool {
        switch event.kind {
        case .relist:
            last = nil
            isListing = false
            isRelisted = true
        case .present:
            isListing = true
        case .presentEnd:
            isListing = false
            if event.revision > 0 { last = .end(of: event.revision) }
        default:
            guard let change = event.event else { return true }
            let place = Place(revision: change.revision, index: change.index)
            if let last, place <= last { return false }
            last = place
        }
        return true
    }
}
