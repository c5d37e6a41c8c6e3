import Testing

@testable import CutoverRPC

@Suite struct ConnectionPlacesTests {
    /// A connection that is what the test says; used by one task.
    final class Fake: PooledConnection, @unchecked Sendable {
        var load: Int
        var isEstablished: Bool

        init(load: Int = 0, isEstablished: Bool = true) {
            self.load = load
            self.isEstablished = isEstablished
        }
    }

    typealias Places = ConnectionPlaces<Fake>

    // Mutating calls cannot be written inside an expectation.
    func nextAttempt(of places: inout Places) throws -> Places.Attempt {
        let attempt = places.nextAttempt()
        return try #require(attempt)
    }

    func expectNone(_ places: inout Places, _ why: Comment? = nil) {
        let attempt = places.nextAttempt()
        #expect(attempt == nil, why)
    }

    func connect(_ places: inout Places, _ connection: Fake, by attempt: Places.Attempt) {
        let isTaken = places.connected(connection, by: attempt)
        #expect(isTaken)
    }

    func fail(_ places: inout Places, _ attempt: Places.Attempt) {
        let isFirst = places.failed(attempt)
        #expect(isFirst)
    }

    /// Connects everything there is to connect.
    @discardableResult
    func fill(_ places: inout Places, load: Int = 0) -> [Fake] {
        var made: [Fake] = []
        while let attempt = places.nextAttempt() {
            let fake = Fake(load: load)
            connect(&places, fake, by: attempt)
            made.append(fake)
        }
        return made
    }

    /// The one connection of one place.
    func firstConnection(of places: inout Places) throws -> Fake {
        let made = fill(&places)
        return try #require(made.first)
    }

    @Test func everyEndpointIsGivenOneConnection() {
        var places = Places(endpoints: 3, placesEach: 4)
        var endpoints: [Int] = []
        while let attempt = places.nextAttempt() {
            #expect(attempt.backoffStep == 0)
            endpoints.append(attempt.endpoint)
        }
        #expect(endpoints == [0, 1, 2])
        #expect(places.choose() == nil)
        #expect(places.isConnecting)
    }

    @Test func theOneWithTheLeastLoadIsChosen() {
        var places = Places(endpoints: 3, placesEach: 1)
        let made = fill(&places)
        for (index, load) in [5, 2, 7].enumerated() { made[index].load = load }
        #expect(places.choose() === made[1])
        made[1].isEstablished = false
        #expect(places.choose() === made[0], "one that is set up comes first")
        made[0].isEstablished = false
        made[2].isEstablished = false
        #expect(places.choose() === made[1])
    }

    @Test func theOneToAvoidIsTakenOnlyAlone() {
        var places = Places(endpoints: 2, placesEach: 1)
        let made = fill(&places)
        made[1].load = 100
        #expect(places.choose(avoiding: made[0]) === made[1])
        made[1].isEstablished = false
        #expect(places.choose(avoiding: made[0]) === made[1])
        places.retire(made[1])
        #expect(places.choose(avoiding: made[0]) === made[0])
        places.retire(made[0])
        #expect(places.choose(avoiding: made[0]) == nil)
    }

    @Test func anEndpointIsGivenMoreOnlyWhileAllItsConnectionsAreBusy() throws {
        var places = Places(endpoints: 1, placesEach: 3)
        let first = try firstConnection(of: &places)
        expectNone(&places, "nothing to do")
        first.load = 1
        let second = try nextAttempt(of: &places)
        expectNone(&places, "one at a time")
        let other = Fake(load: 1, isEstablished: false)
        connect(&places, other, by: second)
        expectNone(&places, "not before the last one is set up")
        other.isEstablished = true
        let third = try nextAttempt(of: &places)
        connect(&places, Fake(load: 9), by: third)
        expectNone(&places, "no more places")
    }

    @Test func failuresInARowMakeTheWaitsOfTheirEndpointLonger() throws {
        var places = Places(endpoints: 2, placesEach: 1)
        let first = try nextAttempt(of: &places)
        let other = try nextAttempt(of: &places)
        connect(&places, Fake(), by: other)
        fail(&places, first)
        let isCounted = places.failed(first)
        #expect(!isCounted, "an attempt fails once")
        for step in 1...40 {
            let attempt = try nextAttempt(of: &places)
            #expect(attempt.endpoint == 0)
            #expect(attempt.backoffStep == min(step, 30))
            fail(&places, attempt)
        }
        #expect(!places.isConnecting)
        places.worked(endpoint: 0)
        let last = try nextAttempt(of: &places)
        #expect(last.backoffStep == 0)
    }

    @Test(arguments: [(Places.Ending.useless, 1), (.lost, 1), (.drained, 0)])
    func howAConnectionEndedTellsTheWaitBeforeTheNext(_ ending: Places.Ending, _ step: Int) throws {
        var places = Places(endpoints: 1, placesEach: 1)
        let made = try firstConnection(of: &places)
        places.closed(made, endpoint: 0, ending)
        #expect(places.choose() == nil)
        let next = try nextAttempt(of: &places)
        #expect(next.backoffStep == step)
        let again = Fake()
        connect(&places, again, by: next)
        places.closed(again, endpoint: 0, ending)
        let expected = if case .useless = ending { 2 } else { step }
        let last = try nextAttempt(of: &places)
        #expect(last.backoffStep == expected, "a connection that was lost counts once")
    }

    @Test func anAttemptThatNobodyWaitsForMakesNoConnection() throws {
        var places = Places(endpoints: 1, placesEach: 1)
        let attempt = try nextAttempt(of: &places)
        #expect(places.isUnderWay(attempt))
        fail(&places, attempt)
        #expect(!places.isUnderWay(attempt))
        let isTaken = places.connected(Fake(), by: attempt)
        #expect(!isTaken)
        #expect(places.choose() == nil)
    }

    @Test(arguments: [true, false]) func oneThatIsDrainedIsReplacedAtOnceOnlyIfItHasWorked(_ hasWorked: Bool) throws {
        var places = Places(endpoints: 1, placesEach: 1)
        let made = try firstConnection(of: &places)
        places.drained(made, endpoint: 0, hasWorked: hasWorked)
        let next = try nextAttempt(of: &places)
        #expect(next.backoffStep == (hasWorked ? 0 : 1))
        places.closed(made, endpoint: 0, .drained)
        fail(&places, next)
        let last = try nextAttempt(of: &places)
        #expect(last.backoffStep == (hasWorked ? 1 : 2), "counted once")
    }

    @Test func oneThatTakesNoMoreCallsIsReplacedAtOnce() throws {
        var places = Places(endpoints: 1, placesEach: 1)
        let made = try firstConnection(of: &places)
        places.retire(made)
        let next = try nextAttempt(of: &places)
        #expect(next.backoffStep == 0)
        places.closed(made, endpoint: 0, .drained)
        #expect(places.isUnderWay(next), "the end of the old one is not that of the new")
    }
}
