import CutoverTestSupport
import Foundation

/// The memory of a process at one time, as /proc tells it, in KiB.
struct ProcessMemory {
    /// In memory now: `VmRSS`.
    let residentKiB: Int
    /// The most that was in memory since the process began, or since ``forgetPeak(pid:)``: `VmHWM`.
    let peakKiB: Int
    /// What it has reserved for data, in memory or not: `VmData`.
    let reservedKiB: Int

    init(pid: Int32) throws {
        let status = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
        func number(_ name: String) throws -> Int {
            guard let line = status.split(separator: "\n").first(where: { $0.hasPrefix(name + ":") }),
                let value = Int(line.filter(\.isNumber))
            else { throw TestSupportError("/proc/\(pid)/status has no \(name)") }
            return value
        }
        residentKiB = try number("VmRSS")
        peakKiB = try number("VmHWM")
        reservedKiB = try number("VmData")
    }

    /// Lets the peak begin anew at what is in memory now.
    static func forgetPeak(pid: Int32) throws {
        try Data("5".utf8).write(to: URL(fileURLWithPath: "/proc/\(pid)/clear_refs"))
    }
}
