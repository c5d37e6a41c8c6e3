/// A length of time as people read it, such as "45 s", "12 min" or "3 h 5 min".
public enum DurationText {
    public static func text(ms: Int64) -> String {
        let seconds = max(0, ms) / 1000
        if seconds < 120 { return "\(seconds) s" }
        let minutes = seconds / 60
        if minutes < 120 { return "\(minutes) min" }
        return minutes % 60 == 0 ? "\(minutes / 60) h" : "\(minutes / 60) h \(minutes % 60) min"
    }
}
