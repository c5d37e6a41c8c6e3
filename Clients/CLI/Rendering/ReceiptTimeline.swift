import CutoverConsole
import CutoverModel

/// Where the phases of a stop lie in a picture of their times: to scale, one row each. A pure value.
struct ReceiptTimeline: Sendable, Hashable {
    /// A row of the picture.
    struct Bar: Sendable, Hashable {
        var phase: StopPhase
        /// In parts of the picture's width, 0 to 1.
        var start: Double
        var length: Double
        /// How long it took, such as `3.2 s`.
        var duration: String
        /// An end rather than a stretch of time.
        var isInstant: Bool
        /// It has not ended.
        var isOpen: Bool
    }

    /// A moment on the axis, or one that is marked.
    struct Mark: Sendable, Hashable {
        var place: Double
        var label: String
    }

    let startMs: Int64
    let endMs: Int64
    private(set) var bars: [Bar] = []
    private(set) var ticks: [Mark] = []
    /// From where on the stop could not be withdrawn; nil when it did not get there.
    private(set) var noReturn: Mark?
    /// When the drain deadline passes or passed; nil when there is none, or when it lies so far beyond the end that it would
    /// press the phases together.
    private(set) var deadline: Mark?
    /// Said below the picture: what it does not show.
    private(set) var notes: [String] = []

    /// The most phases that are drawn; a stop that was retried often has more.
    static let barLimit = 40
    /// The most parts that the axis has.
    private static let tickLimit: Int64 = 6
    /// Moments are taken from 1970 up to the end of the year 9999.
    private static let latestMs: Int64 = 253_402_300_799_999

    /// - Parameter nowMs: Where a phase that has not ended reaches to.
    /// - Returns: nil when there is no phase with a time.
    init?(_ stop: Stop, nowMs: Int64) {
        let phases = stop.phases.filter { (1...Self.latestMs).contains($0.startedAtMs) }
        guard let first = phases.map(\.startedAtMs).min() else { return nil }
        let ends = phases.enumerated().map { index, record -> Int64 in
            let isLast = index == phases.count - 1
            let end =
                record.endedAtMs > 0 ? record.endedAtMs : isLast && stop.endedAtMs == 0 ? nowMs : record.startedAtMs
            return max(record.startedAtMs, min(end, Self.latestMs))
        }
        let last = max(ends.max() ?? first, first + 1)
        var deadlineMs = ReceiptDrainTerms.deadlineAtMs(stop).flatMap { first <= $0 && $0 <= Self.latestMs ? $0 : nil }
        var end = last
        if let ms = deadlineMs, ms > last {
            if ms - last <= (last - first) / 4 {
                end = ms
            } else {
                notes.append("The drain deadline, \(TimeFormat.text(ms: ms)), lies beyond the picture.")
                deadlineMs = nil
            }
        }
        startMs = first
        endMs = end
        bars = zip(phases, ends).prefix(Self.barLimit).map { bar($0, until: $1, of: stop) }
        if phases.count > Self.barLimit {
            notes.append("\(CountFormat.phrase(phases.count - Self.barLimit, "further phase")) below.")
        }
        ticks = makeTicks()
        deadline = deadlineMs.map { Mark(place: place($0), label: "drain deadline \(TimeFormat.clock(ms: $0))") }
        noReturn = phases.first { Self.isBeyondReturn($0.phase) }.map { record in
            Mark(
                place: place(record.startedAtMs),
                label: "point of no return \(TimeFormat.clock(ms: record.startedAtMs))")
        }
    }

    private static func isBeyondReturn(_ phase: StopPhase) -> Bool {
        switch phase {
        case .migratingTriggers, .migratingEvents, .releasing, .stopped: true
        default: false
        }
    }

    private func place(_ ms: Int64) -> Double {
        Double(min(max(ms, startMs), endMs) - startMs) / Double(endMs - startMs)
    }

    private func bar(_ record: PhaseRecord, until end: Int64, of stop: Stop) -> Bar {
        let isInstant = record.phase == .stopped || record.phase == .withdrawn
        let isOpen = !isInstant && record.endedAtMs == 0 && stop.endedAtMs == 0
        let took = DurationFormat.text(ms: UInt64(end - record.startedAtMs))
        let start = place(record.startedAtMs)
        return Bar(
            phase: record.phase, start: start, length: isInstant ? 0 : place(end) - start,
            duration: isInstant ? "" : isOpen ? "\(took) so far" : took, isInstant: isInstant, isOpen: isOpen)
    }

    private func makeTicks() -> [Mark] {
        let range = endMs - startMs
        let second: Int64 = 1000
        let minute = 60 * second
        let hour = 60 * minute
        let day = 24 * hour
        let steps: [Int64] =
            [1, 2, 5, 10, 20, 50, 100, 200, 500]
            + [1, 2, 5, 10, 15, 30].map { $0 * second } + [1, 2, 5, 10, 15, 30].map { $0 * minute }
            + [1, 2, 3, 6, 12].map { $0 * hour } + [1, 2, 5, 10, 30, 100, 365].map { $0 * day }
        let step = steps.first { range / $0 <= Self.tickLimit } ?? range / Self.tickLimit
        return stride(from: 0, through: range, by: Int64.Stride(step)).map { offset in
            Mark(
                place: Double(offset) / Double(range),
                label: offset == 0 ? "0" : DurationFormat.text(ms: UInt64(offset)))
        }
    }
}
