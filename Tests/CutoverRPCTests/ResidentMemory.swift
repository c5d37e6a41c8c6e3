import Foundation

/// How much memory this process has.
enum ResidentMemory {
    /// Gives what was freed back to the system, as far as the allocator can, so that it is no room for what is measured next.
    static func giveBack() {
        typealias Trim = @convention(c) (Int) -> Int32
        // In no header that Swift imports.
        guard let trim = dlsym(nil, "malloc_trim") else { return }
        _ = unsafeBitCast(trim, to: Trim.self)(0)
    }

    /// `VmRSS` from /proc/self/status.
    static func kib() -> Int {
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
        return line.flatMap { Int($0.filter(\.isNumber)) } ?? 0
    }
}
