import CutoverClient

/// One kind of call that a server is loaded with.
protocol Workload: Sendable {
    /// Its name in the mix and in reports.
    var operation: String { get }

    /// Makes one call.
    ///
    /// - Returns: what came of it.
    /// - Throws: The error of the server or of the connection, which is counted.
    func call(_ call: LoadCall) async throws(CutoverError) -> CallResult

    /// Begins what goes on beside the calls, such as watchers, and returns when it is there.
    func begin(_ clients: [CutoverClient]) async throws

    /// Says where to record what the calls cause, as the operation ``LoadPlan/operations`` has for it.
    func attach(_ recorder: Recorder, operation: Int)

    /// Waits, within a bound, for what the calls have caused, and ends what ``begin(_:)`` began.
    func end() async
}

extension Workload {
    func begin(_ clients: [CutoverClient]) async throws {}
    func attach(_ recorder: Recorder, operation: Int) {}
    func end() async {}
}

/// One call that is to be made.
struct LoadCall: Sendable {
    var client: CutoverClient
    /// Counts from 0 over the whole run.
    var number: UInt64
    var intendedNs: UInt64
}

/// What came of a call that did not throw.
enum CallResult: Sendable, Hashable {
    /// It did what it was to do, to so many things: 1, or the tasks of a list or batch.
    case done(items: UInt64)
    /// The server answered, but did not do it.
    case refused(CallFailure)
    /// There is nothing left to do it to; the call was not made.
    case usedUp
}
