/// A shell pattern for names: `*` is any text, `?` one character, and every other character stands for itself.
///
/// An empty pattern takes every name, as in a ``TaskQuery``.
public struct NamePattern: Sendable, Hashable {
    private let pattern: [Unicode.Scalar]

    public init(_ pattern: String) {
        self.pattern = Array(pattern.unicodeScalars)
    }

    public func matches(_ name: String) -> Bool {
        guard !pattern.isEmpty else { return true }
        let name = Array(name.unicodeScalars)
        var n = 0
        var p = 0
        /// Where the last star stands, and where the text it takes in ends so far.
        var star: (pattern: Int, name: Int)?
        while n < name.count {
            if p < pattern.count, pattern[p] == "*" {
                star = (p, n)
                p += 1
            } else if p < pattern.count, pattern[p] == "?" || pattern[p] == name[n] {
                n += 1
                p += 1
            } else if let last = star {
                star = (last.pattern, last.name + 1)
                n = last.name + 1
                p = last.pattern + 1
            } else {
                return false
            }
        }
        return pattern[p...].allSatisfy { $0 == "*" }
    }
}
