import CBenchMeasure
import Foundation

/// When to measure, and which server.
struct MeasuredWindow: Sendable {
    let warmupMs: UInt32
    let measureMs: UInt32
    private let serverPID: Int32

    init(_ options: measure_options) {
        warmupMs = UInt32(options.warmup_ms)
        measureMs = UInt32(options.measure_ms)
        serverPID = options.server_pid
    }

    /// Reads the CPU times at the bounds of the measurement, on a thread that no Swift task can delay.
    func watch() async -> measure_window {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                usleep(warmupMs * 1_000)
                var window = measure_begin(serverPID, nil)
                usleep(measureMs * 1_000)
                measure_end(&window)
                continuation.resume(returning: window)
            }
        }
    }
}
