public import CutoverModel

extension TaskQuery {
    /// Whether a task fits, wherever in the listing it stands: the rule that every store's listing follows.
    public func matches(_ record: TaskRecord) -> Bool {
        (statuses.isEmpty || statuses.contains(record.status))
            && (!isLive || !record.status.isFinal)
            && (nameGlob.isEmpty || Self.matches(record.name, nameGlob))
            && labels.allSatisfy(record.labels.contains)
    }

    /// Whether a name matches a pattern of `*` (any text), `?` (one character) and characters that stand for themselves.
    private static func matches(_ name: String, _ pattern: String) -> Bool {
        let name = Array(name.unicodeScalars)
        let pattern = Array(pattern.unicodeScalars)
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
