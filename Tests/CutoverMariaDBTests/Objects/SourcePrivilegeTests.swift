import CutoverModel
import CutoverTasks
import CutoverTestSupport
import Testing

@testable import CutoverMariaDB

/// Without TRIGGER or EVENT a source shows empty lists: they must not be taken for what there is.
@Suite("Privileges to see triggers and events")
struct SourcePrivilegeTests {
    private static let account = "mig@'127.0.0.1'"
    /// What the account needs beside TRIGGER and EVENT.
    private static let base = [
        "CREATE USER \(account)",
        "GRANT SELECT, SHOW VIEW, RELOAD, REPLICATION SLAVE, BINLOG MONITOR ON *.* TO \(account)",
    ]

    /// A way to get the privileges, and to lose them again.
    struct Way: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var grant: [String]
        var revoke: [String]
    }

    private static let ways = [
        Way(
            testDescription: "globally", grant: ["GRANT TRIGGER, EVENT ON *.* TO \(account)"],
            revoke: ["REVOKE TRIGGER, EVENT ON *.* FROM \(account)"]),
        Way(
            testDescription: "on the database", grant: ["GRANT TRIGGER, EVENT ON d_1.* TO \(account)"],
            revoke: ["REVOKE TRIGGER, EVENT ON d_1.* FROM \(account)"]),
        Way(
            testDescription: "all on the database", grant: ["GRANT ALL ON `d\\_1`.* TO \(account)"],
            revoke: ["REVOKE ALL ON `d\\_1`.* FROM \(account)"]),
        Way(
            testDescription: "by a role of a role",
            grant: [
                "CREATE ROLE inner_role", "CREATE ROLE outer_role", "GRANT TRIGGER, EVENT ON `d%`.* TO inner_role",
                "GRANT inner_role TO outer_role", "GRANT outer_role TO \(account)",
                "SET DEFAULT ROLE outer_role FOR \(account)",
            ], revoke: ["REVOKE TRIGGER, EVENT ON `d%`.* FROM inner_role"]),
        Way(
            testDescription: "by a role that is not the default any more",
            grant: [
                "CREATE ROLE a_role", "GRANT TRIGGER, EVENT ON *.* TO a_role", "GRANT a_role TO \(account)",
                "SET DEFAULT ROLE a_role FOR \(account)",
            ], revoke: ["SET DEFAULT ROLE NONE FOR \(account)"]),
    ]

    private func code(_ body: () async throws -> Void) async -> ReplicationError.Code? {
        do {
            try await body()
            return nil
        } catch {
            return (error as? ReplicationError)?.code
        }
    }

    @Test("withdrawn while the task runs, the lists are refused and following goes on", arguments: ways)
    func withdrawn(way: Way) async throws {
        let pair = try await MigrationPair.start()
        try await pair.source.run(
            ["CREATE DATABASE d_1", "USE d_1", "CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY)"]
                + [
                    "CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET @x=1",
                    "CREATE EVENT ev ON SCHEDULE EVERY 1 DAY DO SET @x=1",
                ] + Self.base + way.grant)
        let job = pair.job(["d_1"], sourceUser: "mig")
        let worker = pair.worker(job)
        _ = try await worker.claim()
        _ = try await worker.copy()
        let scout = pair.worker(job)
        #expect(try await scout.inventory().objects.map(\.name) == ["tr", "ev", "t"])
        #expect(try await scout.previewObjects().map(\.result) == [.created, .created])
        let following = Task { try await worker.follow(until: nil) }
        try await pair.source.run("INSERT INTO d_1.t VALUES (1)")
        try await pair.destination.wait(for: "SELECT COUNT(*) FROM d_1.t", toBe: "1")
        try await pair.source.run(way.revoke)
        #expect(await code { _ = try await scout.inventory() } == .privilegeMissing)
        #expect(await code { _ = try await scout.previewObjects() } == .privilegeMissing)
        #expect(await code { _ = try await scout.moveTriggers() } == .privilegeMissing)
        #expect(await code { _ = try await scout.moveEvents() } == .privilegeMissing)
        try await pair.source.run("INSERT INTO d_1.t VALUES (2)")
        try await pair.destination.wait(for: "SELECT COUNT(*) FROM d_1.t", toBe: "2")
        #expect(worker.status().blocker == "")
        following.cancel()
        _ = await following.result
        _ = await scout.close()
        _ = await worker.close()
    }

    @Test("one of the two is not enough, and the message says which and where")
    func one() async throws {
        let pair = try await MigrationPair.start()
        try await pair.source.run(
            ["CREATE DATABASE d", "CREATE DATABASE e"] + Self.base
                + ["GRANT TRIGGER ON *.* TO \(Self.account)", "GRANT EVENT ON d.* TO \(Self.account)"])
        let scout = pair.worker(pair.job(["d", "e"], sourceUser: "mig"))
        let error = await #expect(throws: ReplicationError.self) { try await scout.inventory() }
        #expect(error?.code == .privilegeMissing)
        #expect(error?.message.contains("events of e") == true && error?.message.contains("Grant EVENT") == true)
        _ = await scout.close()
    }

    @Test("lines of SHOW GRANTS are read as the server means them")
    func grants() {
        let privileges = AccountPrivileges(
            grants: [
                "GRANT RELOAD, BINLOG MONITOR ON *.* TO `u`@`h` IDENTIFIED BY PASSWORD '*ON x.*' WITH GRANT OPTION",
                "GRANT SELECT (`a`, `ON`), TRIGGER ON `t`.`x` TO `u`@`h`",
                "GRANT EVENT, TRIGGER ON `d\\_1`.* TO PUBLIC",
                "GRANT ALL PRIVILEGES ON `o``dd`.* TO `u`@`h`", "GRANT `role` TO `u`@`h`",
                "GRANT EXECUTE ON PROCEDURE `p`.`p` TO `u`@`h`", "SET DEFAULT ROLE `role` FOR `u`@`h`",
                "GRANT PROXY ON ''@'%' TO 'root'@'localhost' WITH GRANT OPTION", "",
            ].map { Array($0.utf8) })
        #expect(privileges.hasGlobal("BINLOG MONITOR") && privileges.hasGlobal("SUPER", "RELOAD"))
        #expect(!privileges.hasGlobal("SELECT") && !privileges.hasGlobal("TRIGGER"))
        #expect(privileges.has("EVENT", on: "d_1") && privileges.has("TRIGGER", on: "d_1"))
        #expect(
            !privileges.has("EVENT", on: "dx1") && !privileges.has("TRIGGER", on: "t")
                && !privileges.has("EXECUTE", on: "p"))
        #expect(privileges.has("EVENT", on: "o`dd"))
        let all = AccountPrivileges(grants: [Array("GRANT ALL PRIVILEGES ON *.* TO `u`@`h`".utf8)])
        #expect(all.hasGlobal("SUPER") && all.has("EVENT", on: "any"))
    }
}
