import CBenchMeasure
import CutoverRPC
import NIOCore
import StopShape
import Synchronization

/// Makes the calls until it is told to stop.
final class Caller: Sendable {
    private static let method = RPCMethod(
        name: StopShape.method.name, id: StopShape.method.id, kind: .unary, isIdempotent: false, role: .operator)

    private let client: RPCClient
    private let request: ByteBuffer
    private let response: ByteBuffer
    private let isStopped = Atomic<Bool>(false)

    init(client: RPCClient, request: ByteBuffer, response: ByteBuffer) {
        self.client = client
        self.request = request
        self.response = response
    }

    func stop() { isStopped.store(true, ordering: .relaxed) }

    /// One call after the other. A failed one is counted, and the next is made at once.
    func calls() async -> Tally {
        var tally = Tally()
        while !isStopped.load(ordering: .relaxed) {
            let sent = measure_now_ns()
            do {
                guard try await client.unary(Self.method, request, options: CallOptions()) == response else {
                    throw RPCError(.internal, "a wrong answer")
                }
                tally.answered(after: measure_now_ns() - sent)
            } catch {
                tally.failed(error, after: measure_now_ns() - sent)
            }
        }
        return tally
    }
}

/// What became of calls.
struct Tally: Sendable {
    private(set) var calls = 0
    private(set) var failed = 0
    private(set) var longestNs: UInt64 = 0
    private(set) var firstFailure: String?

    mutating func answered(after ns: UInt64) {
        calls += 1
        longestNs = max(longestNs, ns)
    }

    mutating func failed(_ error: any Error, after ns: UInt64) {
        answered(after: ns)
        failed += 1
        firstFailure = firstFailure ?? "\(error)"
    }

    mutating func add(_ other: Tally) {
        calls += other.calls
        failed += other.failed
        longestNs = max(longestNs, other.longestNs)
        firstFailure = firstFailure ?? other.firstFailure
    }
}
