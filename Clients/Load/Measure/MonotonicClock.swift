import Glibc

/// A clock that never goes back, in nanoseconds since some moment; cheap enough to read around each call.
enum MonotonicClock {
    static var nowNs: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
    }

    /// Blocks the thread until this time. The kernel's slack, some 50 µs, comes on top.
    static func sleep(untilNs ns: UInt64) {
        var time = timespec(tv_sec: Int(ns / 1_000_000_000), tv_nsec: Int(ns % 1_000_000_000))
        while clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, nil) == EINTR {}
    }
}
