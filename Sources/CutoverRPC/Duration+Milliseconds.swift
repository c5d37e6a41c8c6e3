extension Duration {
    /// Whole milliseconds, between 0 and what 32 bits hold.
    var clampedMs: UInt32 {
        let (seconds, attoseconds) = components
        let (ms, isOver) = seconds.multipliedReportingOverflow(by: 1_000)
        guard !isOver else { return seconds < 0 ? 0 : .max }
        return UInt32(clamping: ms.addingReportingOverflow(attoseconds / 1_000_000_000_000_000).partialValue)
    }
}
