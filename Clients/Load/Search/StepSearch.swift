/// Looks for the highest rate that a server sustains with its latency under a limit: doubles the rate while that goes well,
/// then halves the distance between the last good rate and the first bad one.
///
/// A pure value: it says which rate to try, and is told what came of it.
struct StepSearch: Sendable, Hashable {
    struct Terms: Sendable, Hashable, Codable {
        /// The first rate that is tried, in calls a second.
        var startRate: Double
        /// The highest that is tried.
        var maxRate: Double
        /// What the 99th percentile of the latency may be, in nanoseconds.
        var p99LimitNs: UInt64
        /// How much of the rate must be answered within the window: a server that falls behind does not sustain it.
        var leastShare = 0.95
        /// When the distance between good and bad is this part of the good rate, it is found.
        var resolution = 0.05
        /// The most rates that are tried.
        var maxSteps = 20
    }

    /// Why a rate is or is not sustained.
    enum Verdict: String, Sendable, Hashable, Codable {
        case sustained
        case tooSlow = "too-slow"
        case fellBehind = "fell-behind"
        case failed

        var words: String {
            switch self {
            case .sustained: "sustained"
            case .tooSlow: "p99 over the limit"
            case .fellBehind: "fell behind"
            case .failed: "calls failed"
            }
        }
    }

    /// What came of one rate.
    struct Step: Sendable, Hashable, Codable {
        var rate: Double
        var achievedRate: Double
        var p99Ns: UInt64
        var failed: UInt64
        var verdict: Verdict
    }

    enum Next: Sendable, Hashable {
        case attempt(rate: Double)
        /// The highest rate that was sustained; nil when none was.
        case finished(best: Step?)
    }

    /// No rate below this is tried.
    static let leastRate = 1.0

    let terms: Terms
    private(set) var steps: [Step] = []

    init(_ terms: Terms) {
        self.terms = terms
    }

    /// Notes what came of the rate that ``next`` said.
    mutating func note(rate: Double, achievedRate: Double, p99Ns: UInt64, failed: UInt64) {
        let verdict: Verdict
        if achievedRate < rate * terms.leastShare {
            verdict = .fellBehind
        } else if failed > 0 {
            verdict = .failed
        } else {
            verdict = p99Ns > terms.p99LimitNs ? .tooSlow : .sustained
        }
        steps.append(Step(rate: rate, achievedRate: achievedRate, p99Ns: p99Ns, failed: failed, verdict: verdict))
    }

    /// The highest sustained rate below the lowest that was not: a good one above a bad one is luck.
    var best: Step? {
        let bad = lowestBad ?? .infinity
        return steps.filter { $0.verdict == .sustained && $0.rate < bad }.max { $0.rate < $1.rate }
    }

    private var lowestBad: Double? {
        steps.filter { $0.verdict != .sustained }.map(\.rate).min()
    }

    var next: Next {
        guard let last = steps.last else { return .attempt(rate: min(terms.startRate, terms.maxRate)) }
        guard steps.count < terms.maxSteps else { return .finished(best: best) }
        switch (best, lowestBad) {
        case (let good?, nil):
            return good.rate >= terms.maxRate
                ? .finished(best: good) : .attempt(rate: min(terms.maxRate, good.rate * 2))
        case (let good?, let bad?):
            let isFound = bad - good.rate <= good.rate * terms.resolution
            return isFound ? .finished(best: good) : .attempt(rate: (good.rate + bad) / 2)
        case (nil, let bad?):
            return bad / 2 < Self.leastRate ? .finished(best: nil) : .attempt(rate: bad / 2)
        case (nil, nil):
            return .attempt(rate: last.rate)
        }
    }
}
