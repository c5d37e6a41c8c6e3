/// A connection, as the choice among several sees it.
protocol PooledConnection: AnyObject, Sendable {
    /// The calls that were given to it and have not left it.
    var load: Int { get }
    /// Whether the server's HELLO was accepted.
    var isEstablished: Bool { get }
}

/// Which connections a client keeps to its endpoints, and which of them takes the next call.
///
/// Each endpoint has the same number of places. A place is empty, being connected, or holds an open connection. A pure value:
/// no channel, clock or promise.
struct ConnectionPlaces<Connection: PooledConnection>: Sendable {
    /// How a connection ended.
    enum Ending: Sendable {
        /// It has never worked, or the server refused it.
        case useless
        /// It has worked, and broke.
        case lost
        /// It was drained, which ``drained(_:endpoint:hasWorked:)`` has counted where it counts.
        case drained
    }

    /// One attempt to connect.
    struct Attempt: Sendable, Hashable {
        let number: UInt64
        let endpoint: Int
        /// The step of the backoff to wait first; 0 waits not at all (PROTOCOL.md, RETRY-9).
        let backoffStep: Int
    }

    private enum Place: Sendable {
        case empty
        case connecting(Attempt)
        case open(Connection)
    }

    private static var maxBackoffStep: Int { 30 }

    private let placesEach: Int
    private var places: [Place]
    /// By endpoint: the attempts in a row that came to nothing.
    private var failures: [Int]
    private var emptyCount: Int
    private var attemptCount: UInt64 = 0

    init(endpoints: Int, placesEach: Int) {
        self.placesEach = placesEach
        places = Array(repeating: .empty, count: endpoints * placesEach)
        failures = Array(repeating: 0, count: endpoints)
        emptyCount = places.count
    }

    /// The connection that the next call goes to: one that is set up before one that is not, and the one with the least load
    /// among them. `avoided` is taken only when there is no other.
    func choose(avoiding avoided: Connection? = nil) -> Connection? {
        var best: Connection?
        var bestRank = (Int.max, Int.max)
        for case .open(let connection) in places {
            let grade = (connection.isEstablished ? 0 : 1) + (connection === avoided ? 2 : 0)
            let rank = (grade, connection.load)
            if rank < bestRank { (best, bestRank) = (connection, rank) }
        }
        return best
    }

    /// What to connect next, which is then being connected; nil when there is nothing to do. An endpoint without a connection
    /// is given one; one whose connections are all busy is given one more, while it has places and its last one was set up.
    mutating func nextAttempt() -> Attempt? {
        guard emptyCount > 0 else { return nil }
        for endpoint in failures.indices {
            guard let place = placeToFill(of: endpoint) else { continue }
            attemptCount += 1
            let attempt = Attempt(number: attemptCount, endpoint: endpoint, backoffStep: failures[endpoint])
            set(place, .connecting(attempt))
            return attempt
        }
        return nil
    }

    private func placeToFill(of endpoint: Int) -> Int? {
        var empty: Int?
        for index in endpoint * placesEach..<(endpoint + 1) * placesEach {
            switch places[index] {
            case .empty: empty = empty ?? index
            case .connecting: return nil
            case .open(let connection):
                guard connection.isEstablished, connection.load > 0 else { return nil }
            }
        }
        return empty
    }

    /// Whether anything is being connected.
    var isConnecting: Bool {
        places.contains { if case .connecting = $0 { true } else { false } }
    }

    /// Whether this attempt is still under way.
    func isUnderWay(_ attempt: Attempt) -> Bool { place(of: attempt) != nil }

    /// An attempt has made a connection. False when nobody waits for it any more.
    mutating func connected(_ connection: Connection, by attempt: Attempt) -> Bool {
        guard let place = place(of: attempt) else { return false }
        set(place, .open(connection))
        return true
    }

    /// An attempt came to nothing. False when it had made a connection before.
    mutating func failed(_ attempt: Attempt) -> Bool {
        guard let place = place(of: attempt) else { return false }
        set(place, .empty)
        countFailure(at: attempt.endpoint)
        return true
    }

    /// A connection to this endpoint has worked: the series of waits begins anew.
    mutating func worked(endpoint: Int) {
        failures[endpoint] = 0
    }

    /// A connection is drained. One that has never worked is not replaced at once.
    mutating func drained(_ connection: Connection, endpoint: Int, hasWorked: Bool) {
        retire(connection)
        if !hasWorked { countFailure(at: endpoint) }
    }

    /// A connection takes no more calls.
    mutating func retire(_ connection: Connection) {
        let place = places.firstIndex { if case .open(let other) = $0 { other === connection } else { false } }
        if let place { set(place, .empty) }
    }

    /// A connection has ended.
    mutating func closed(_ connection: Connection, endpoint: Int, _ ending: Ending) {
        retire(connection)
        switch ending {
        case .useless: countFailure(at: endpoint)
        case .lost: failures[endpoint] = max(failures[endpoint], 1)
        case .drained: break
        }
    }

    private mutating func countFailure(at endpoint: Int) {
        failures[endpoint] = min(failures[endpoint] + 1, Self.maxBackoffStep)
    }

    private func place(of attempt: Attempt) -> Int? {
        places.firstIndex { if case .connecting(attempt) = $0 { true } else { false } }
    }

    private mutating func set(_ index: Int, _ place: Place) {
        if case .empty = places[index] { emptyCount -= 1 }
        if case .empty = place { emptyCount += 1 }
        places[index] = place
    }
}
