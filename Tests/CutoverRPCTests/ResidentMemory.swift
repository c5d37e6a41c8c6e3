import Foundation

/// How much memory this process has.
enum ResidentMemory {
    /// `VmRSS` from /proc/self/status.
    static func kib() -> Int {
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
        return line.flatMap { Int($0.filter(\.isNumber)) } ?? 0
    }
}
