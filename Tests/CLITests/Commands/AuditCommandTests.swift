import CutoverModel
import Foundation
import Testing

@testable import CutoverConsole
@testable import cutover

@Suite struct AuditCommandTests {
    private let log = AuditFixtures.log(5)
    private var services: FakeRecords { FakeRecords(log: log) }
    private var head: String { AuditHeadArgument(AuditFixtures.head(log)).text }

    @Test func aGoodLogVerifies() async throws {
        let run = try await services.run(["audit", "verify", "--head", head])
        #expect(run.status == 0)
        #expect(
            run.output == """
                ✓ 5 records, each unchanged and continuing the one before it. Record 5 is the
                  one that --head names.
                  \(head)
                  Keep this head elsewhere: `cutover audit verify --head` finds by it whether
                  the log was cut or rewritten.

                """)
    }

    @Test func aBadLogSaysWhatIsWrongAndHasItsOwnStatus() async throws {
        var bad = log
        bad[1].stop[3] ^= 1
        bad.remove(at: 3)
        let services = FakeRecords(log: bad, head: AuditFixtures.head(log))
        let run = try await services.run(["audit", "verify"])
        #expect(run.status == 9)
        #expect(
            run.output == """
                ✗ The audit log does not verify: 2 problems in 4 records.
                  • record 4 is missing
                  • record 2 was changed: its content does not give its hash

                """)
        let json = try await services.run(["audit", "verify", "-o", "json"])
        #expect(json.status == 9)
        #expect(json.output.contains("\"verified\": false"))
        #expect(json.output.contains("\"finding\": \"changed\",\n      \"sequence\": 2,"))
    }

    @Test func aServerThatIsNotThereIsNoVerdict() async {
        let run = await FakeServices.run(["audit", "verify"], address: "unix:/nonexistent/cutover.sock")
        #expect(run.status == 6)
        #expect(run.output.isEmpty)
    }

    @Test(arguments: ["5", "5:", "5:3f", ":3f", "x:\(String(repeating: "0", count: 64))", "-1:00"])
    func aHeadThatIsNoneIsWrongUse(head: String) async {
        #expect(AuditHeadArgument(argument: head) == nil)
    }

    @Test func theHeadIsPrintedAsItIsTaken() async throws {
        let services = services
        let run = try await services.run(["audit", "head"])
        #expect(run.output == head + "\n")
        #expect(AuditHeadArgument(argument: head)?.head == AuditFixtures.head(log))
        // Records are not read for it.
        #expect(services.readsAfter == [UInt64(Int64.max)])
    }

    @Test func anExportIsReadBackAndVerifies() async throws {
        try await TemporaryFolder.use { folder in
            let path = folder.appending(path: "audit.jsonl").path()
            let services = services
            let run = try await services.run(["audit", "export", "-o", path])
            #expect(run.status == 0)
            #expect(run.output.isEmpty)
            #expect(run.errors.hasPrefix("✓ 5 records"))
            let text = try String(contentsOfFile: path, encoding: .utf8)
            #expect(text.hasPrefix("{\"format\":\"cutover-audit-1\"}\n{\"sequence\":1,\"kind\":1,\"final_status\":15,"))
            #expect(text.split(separator: "\n").count == 7)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path()) == ["audit.jsonl"])
            let offline = "unix:/nonexistent/cutover.sock"
            let verified = await FakeServices.run(["audit", "verify", "--file", path], address: offline)
            #expect(verified.status == 0, "\(verified.errors)")
            #expect(await FakeServices.run(["audit", "head", "--file", path], address: offline).output == head + "\n")
            let again = try await services.run(["audit", "export", "-o", path])
            #expect(again.status == 64)
            #expect(again.errors.contains("there is such a file already"))
            #expect(try await services.run(["audit", "export", "-o", "-"]).output == text)
        }
    }

    @Test func aBadLogIsExportedWhole() async throws {
        var bad = log
        bad[1].finalStatus = .completed
        let run = try await FakeRecords(log: bad).run(["audit", "export", "-o", "-"])
        #expect(run.status == 9)
        #expect(run.output.split(separator: "\n").count == 7)
        #expect(run.errors.contains("record 2 was changed"))
    }

    @Test func aDamagedFileIsFound() async throws {
        let lines = try await services.run(["audit", "export", "-o", "-"]).output.split(separator: "\n").map(
            String.init)
        try await TemporaryFolder.use { folder in
            func verify(_ lines: [String]) async throws -> FakeServices.Run {
                let path = folder.appending(path: UUID().uuidString).path()
                try Data(lines.joined(separator: "\n").utf8).write(to: URL(filePath: path))
                return await FakeServices.run(["audit", "verify", "--file", path], address: "unix:/nonexistent/s")
            }
            #expect(try await verify(lines).status == 0)
            let cut = try await verify(Array(lines.prefix(4)) + [String(lines[4].prefix(40))])
            #expect(cut.status == 9)
            #expect(cut.output.contains("line 5 of the file is no record"))
            #expect(cut.output.contains("the log has no head"))
            var swapped = lines
            swapped.swapAt(2, 3)
            #expect(try await verify(swapped).output.contains("record 2 stands after record 3: they were reordered"))
            let foreign = try await verify(Array(lines.dropFirst()))
            #expect(foreign.status == 64)
            #expect(foreign.errors.contains("is no export of the audit log"))
        }
        let missing = await FakeServices.run(["audit", "verify", "--file", "/nonexistent/f"], address: "unix:/x")
        #expect(missing.status == 64)
        #expect(missing.errors == "cutover: /nonexistent/f: there is no such file\n")
    }

    @Test func theListReadsWellAtEightyColumns() async throws {
        let run = try await services.run(["audit", "list", "--limit", "2"])
        #expect(
            run.output == """
                RECORD  TIME                     WHAT     TASK    DRAINED  BY     STOP
                     4  2026-11-23 07:00:09 UTC  stopped  task 1  yes      alice  stop-4
                     5  2026-11-23 07:00:09 UTC  stopped  task 2  yes      alice  stop-5

                """)
        #expect(run.errors == "There are older records than these 2: --all shows all.\n")
        let all = try await services.run(["audit", "list", "--all", "--task", "task-1", "-o", "json"])
        #expect(all.output.split(separator: "\n").count == 2)
        #expect(all.output.contains("\"sequence\":4,"))
        #expect(all.output.contains("\"task_name\":\"task 1\""))
        #expect(all.errors.isEmpty)
        #expect(try await services.run(["audit", "list", "--task", "none"]).output == "No records.\n")
    }

    /// A log is shown also by a version that cannot read all of it, and a name in it cannot steer the terminal.
    @Test func hostileAndUnreadableRecordsAreShown() async throws {
        var hostile = AuditFixtures.stop(1)
        hostile.taskName = "\u{1B}[2J\u{202E}名前"
        var log = AuditFixtures.chain([hostile, AuditFixtures.stop(2)], kinds: [.withdrawn, .unrecognized(9)])
        log[1].stop = [0xFF]
        let run = try await FakeRecords(log: log).run(["audit", "list"])
        #expect(run.output.contains("withdrawn  ?[2J?名前"))
        #expect(run.output.contains("(unreadable)"))
        #expect(run.output.split(separator: "\n").allSatisfy { TextWidth.columns(of: $0) <= 80 })
    }
}
