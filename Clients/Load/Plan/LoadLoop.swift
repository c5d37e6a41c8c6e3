/// How calls follow each other.
enum LoadLoop: Sendable, Hashable {
    /// Each of `inFlight` workers of each connection sends its next call when the last was answered.
    case closed(inFlight: Int)
    /// Calls are sent at their times, whatever becomes of the others; at most `limit` at once.
    case open(rate: Double, limit: Int)

    var isOpen: Bool {
        if case .open = self { true } else { false }
    }
}
