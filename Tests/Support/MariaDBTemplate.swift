internal import Foundation
internal import Glibc

/// One installed, never started data directory per user and machine, copied for each server: about 0.1 s instead of 2 s.
enum MariaDBTemplate {
    static func copy(to folder: String) throws {
        let template = try prepare()
        try run("/bin/cp", ["-a", "--sparse=always", template, folder], log: folder + ".copy.log")
        try? FileManager.default.removeItem(atPath: folder + ".copy.log")
    }

    /// Makes the template once; other processes wait on a file lock meanwhile.
    private static func prepare() throws -> String {
        let base = NSTemporaryDirectory() + "/cutover-mariadb-template-\(getuid())-v1"
        let lock = open(base + ".lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard lock >= 0 else { throw TestSupportError("cannot open \(base).lock") }
        defer { close(lock) }
        guard flock(lock, LOCK_EX) == 0 else { throw TestSupportError("cannot lock \(base).lock") }
        if FileManager.default.fileExists(atPath: base) { return base }
        let fresh = base + ".new"
        try? FileManager.default.removeItem(atPath: fresh)
        try run(
            "/usr/bin/mariadb-install-db",
            [
                "--no-defaults", "--user=\(TestUser.name)", "--datadir=\(fresh)",
                "--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve",
                "--innodb-log-file-size=8M",
            ], log: base + ".log")
        try FileManager.default.moveItem(atPath: fresh, toPath: base)
        return base
    }

    private static func run(_ program: String, _ arguments: [String], log: String) throws {
        let child = try ChildProcess.start(program, arguments, output: log)
        var status: Int32 = 0
        while waitpid(child.pid, &status, 0) < 0 && errno == EINTR {}
        guard status == 0 else { throw TestSupportError("\(program) failed, see \(log)") }
    }
}

/// The account that the tests run as; a server started by root needs to be told.
enum TestUser {
    static var name: String {
        guard let entry = getpwuid(geteuid()) else { return "root" }
        return String(cString: entry.pointee.pw_name)
    }
}
