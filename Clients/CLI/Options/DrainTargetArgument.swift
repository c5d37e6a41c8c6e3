import ArgumentParser
import CutoverConsole
import CutoverModel

/// Where to drain to, on the command line: `current`, `applied`, `gtid:POSITION` or `time:MOMENT`.
enum DrainTargetArgument {
    static let forms =
        "current, applied, gtid:POSITION such as gtid:0-1-4711, or time:MOMENT such as time:2026-11-23T07:00:04Z"

    static func parse(_ text: String) throws(ValidationError) -> DrainTarget {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let argument = parts.count == 2 ? String(parts[1]) : nil
        switch (parts.first?.lowercased(), argument) {
        case ("current", nil): return DrainTarget(point: .current)
        case ("applied", nil): return DrainTarget(point: .applied)
        case ("gtid", let position?) where !position.isEmpty: return DrainTarget(point: .gtid, gtid: position)
        case ("time", let moment?):
            guard let ms = TimeFormat.parse(moment) else {
                throw ValidationError(
                    "\"\(moment)\" is no time: write it as 2026-11-23T07:00:04Z, with an offset such as +01:00, or as "
                        + "seconds since 1970.")
            }
            return DrainTarget(point: .time, timeMs: ms)
        default: throw ValidationError("give \(forms)")
        }
    }
}
