internal import Foundation
internal import Glibc

/// Ends servers that a crashed test process left behind.
///
/// A folder names its owner's pid; if that process is gone, the server whose pid is in the folder, and whose command
/// line names the folder, is ended by that pid.
enum StaleServers {
    static let prefix = "cutover-mariadb-server-"

    static let reaped: Void = {
        let base = NSTemporaryDirectory()
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: base) else { return }
        for name in names where name.hasPrefix(prefix) {
            let owner = name.dropFirst(prefix.count).prefix { $0 != "-" }
            guard let pid = pid_t(owner), Glibc.kill(pid, 0) != 0, errno == ESRCH else { continue }
            let folder = base + "/" + name
            if let text = try? String(contentsOfFile: folder + "/server.pid", encoding: .utf8),
                let server = pid_t(text.trimmingCharacters(in: .whitespacesAndNewlines)), server > 1,
                let command = FileManager.default.contents(atPath: "/proc/\(server)/cmdline"),
                String(decoding: command, as: UTF8.self).contains(name)
            {
                _ = Glibc.kill(server, SIGKILL)
            }
            try? FileManager.default.removeItem(atPath: folder)
        }
    }()
}
