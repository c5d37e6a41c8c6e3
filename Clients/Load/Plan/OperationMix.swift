/// Which operation each call is: chosen by weight and by the number of the call, the same for the same seed.
struct OperationMix: Sendable, Hashable {
    struct Part: Sendable, Hashable, Codable {
        var operation: String
        var weight: UInt32
    }

    let parts: [Part]
    let seed: UInt64
    /// The sums of the weights up to each part.
    private let bounds: [UInt64]

    /// The most operations of one mix.
    static let maxParts = 16

    /// - Parameter parts: At least one, each weight above 0.
    init(_ parts: [Part], seed: UInt64) {
        self.parts = parts
        self.seed = seed
        var sum: UInt64 = 0
        bounds = parts.map { part in
            sum += UInt64(part.weight)
            return sum
        }
    }

    /// The index of the operation of call `number`.
    func operation(of number: UInt64) -> Int {
        guard parts.count > 1, let total = bounds.last, total > 0 else { return 0 }
        let point = Self.scatter(seed &+ number) % total
        return bounds.firstIndex { point < $0 } ?? 0
    }

    /// What part of all calls an operation is.
    func share(of operation: String) -> Double {
        guard let total = bounds.last, total > 0 else { return 0 }
        let weight = parts.filter { $0.operation == operation }.reduce(0) { $0 + UInt64($1.weight) }
        return Double(weight) / Double(total)
    }

    /// A number that looks random and is the same for the same number: SplitMix64's finalizer (Steele, Lea and Flood, 2014).
    static func scatter(_ number: UInt64) -> UInt64 {
        var value = number &* 0x9E37_79B9_7F4A_7C15
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
