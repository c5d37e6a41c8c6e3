/// A span of time as people read it, in its two largest units, such as "2 h 5 min".
enum DurationText {
    private static let units: [(name: String, seconds: Int64)] = [("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)]

    /// - Parameter milliseconds: cut down to whole seconds; what is below one is written in milliseconds.
    static func of(milliseconds: Int64) -> String {
        guard milliseconds >= 1_000 else { return "\(max(0, milliseconds)) ms" }
        let seconds = milliseconds / 1_000
        let first = units.firstIndex { seconds >= $0.seconds } ?? units.count - 1
        let unit = units[first]
        let text = "\(seconds / unit.seconds) \(unit.name)"
        guard first + 1 < units.count else { return text }
        let next = units[first + 1]
        let rest = seconds % unit.seconds / next.seconds
        return rest == 0 ? text : "\(text) \(rest) \(next.name)"
    }
}
