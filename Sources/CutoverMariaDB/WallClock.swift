internal import Glibc

/// The time of day, for people only: no decision reads it.
enum WallClock {
    /// Milliseconds since 1970.
    static var nowMs: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}
