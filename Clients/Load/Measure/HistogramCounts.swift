/// A histogram as it is written to a file: latencies in nanoseconds and how many calls took that long.
///
/// Each latency stands for its range of three significant digits; the first and the last are exact.
struct HistogramCounts: Sendable, Hashable, Codable {
    var ns: [UInt64] = []
    var calls: [UInt64] = []

    /// The most calls that one histogram of a file may hold.
    static let maxCalls: UInt64 = 1 << 53
    /// The most steps: what three digits up to one hour have.
    static let maxSteps = 40_000

    init() {}

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        ns = try container.decode([UInt64].self, forKey: .ns)
        calls = try container.decode([UInt64].self, forKey: .calls)
        var total: UInt64 = 0
        for count in calls {
            let (sum, overflow) = total.addingReportingOverflow(count)
            total = overflow ? .max : sum
        }
        let isSound =
            ns.count == calls.count && ns.count <= Self.maxSteps && total <= Self.maxCalls
            && ns.allSatisfy { $0 <= LatencyHistogram.highestNs }
        guard isSound else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "not a histogram of latencies"))
        }
    }
}
