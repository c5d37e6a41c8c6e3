import CutoverTestSupport
import Foundation

/// This process's memory, from the kernel.
enum ResidentMemory {
    /// The highest resident size so far (VmHWM), in bytes.
    static func peakBytes() throws -> Int {
        let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        for line in status.split(separator: "\n") where line.hasPrefix("VmHWM:") {
            let digits = line.filter(\.isNumber)
            return (Int(digits) ?? 0) * 1024
        }
        throw TestSupportError("no VmHWM in /proc/self/status")
    }
}
