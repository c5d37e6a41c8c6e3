import CutoverModel
import Foundation
import Testing

@testable import CutoverConsole
@testable import cutover

@Suite struct ReceiptCommandTests {
    private static let task = Fixtures.following.id
    private static let stop = Fixtures.gracefulStop.id

    private func services(_ response: StopTaskResponse) -> FakeRecords {
        FakeRecords(stops: [Self.task: response, Self.stop: response])
    }

    @Test func aStopIsNamedByTaskOrByItsId() async throws {
        let services = services(ReceiptFixtures.response(ReceiptFixtures.graceful))
        let byTask = try await services.run(["receipt", Self.task])
        #expect(byTask.status == 0)
        #expect(try await services.run(["receipt", "--stop-id", Self.stop]).output == byTask.output)
        #expect(try await services.run(["receipt", "--stop-id", "nope"]).status == 5)
        #expect(try await services.run(["receipt"]).status == 64)
        #expect(try await services.run(["receipt", Self.task, "--stop-id", Self.stop]).status == 64)
    }

    @Test func thePageGoesToAPipeOrAFileButNotToATerminal() async throws {
        let services = services(ReceiptFixtures.response(ReceiptFixtures.graceful))
        let piped = try await services.run(["receipt", Self.task, "--format", "html"])
        #expect(piped.output.hasPrefix("<!DOCTYPE html>"))
        let terminal = try await services.run(["receipt", Self.task, "-o", "html"], isTerminal: true)
        #expect(terminal.status == 64)
        #expect(terminal.output.isEmpty)
        try await TemporaryFolder.use { folder in
            let path = folder.appending(path: "r.html").path()
            let run = try await services.run(["receipt", Self.task, "-o", "html", "--file", path], isTerminal: true)
            #expect(run.status == 0)
            #expect(run.output.isEmpty)
            #expect(try String(contentsOfFile: path, encoding: .utf8) == piped.output)
            let again = try await services.run(["receipt", Self.task, "-o", "html", "--file", path])
            #expect(again.status == 64)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path()) == ["r.html"])
        }
        let nowhere = try await services.run(["receipt", Self.task, "--file", "/nonexistent/r.html"])
        #expect(nowhere.status == 64)
        #expect(nowhere.errors.contains("/nonexistent/r.html: cannot be written: No such file or directory"))
    }

    @Test func everyFieldIsInTheJSON() async throws {
        let run = try await services(ReceiptFixtures.finished).run(["receipt", Self.task, "-o", "json"])
        let object = try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any]
        let addenda = try #require(object?["addenda"] as? [[String: Any]])
        #expect(addenda.first?["kind"] as? String == "RESIDUE_FINISHED")
        let stop = try #require(addenda.first?["stop"] as? [String: Any])
        #expect(stop["residue_actor"] as? String == "bob")
        #expect(stop["on_deadline"] as? String == "FORCE")
        #expect((stop["drain_to"] as? [String: Any])?["point"] as? String == "CURRENT")
    }

    @Test func theTextShowsWithdrawalDeadlineAndLaterRecords() async throws {
        let withdrawn = try await services(ReceiptFixtures.withdrawn).run(["receipt", Self.task])
        #expect(withdrawn.output.hasPrefix("RECEIPT  crm  WITHDRAWN  runs on: INCREMENTAL_MIGRATION\n"))
        #expect(withdrawn.output.contains("\nWithdrawn   by cutover: on_deadline KEEP_RUNNING\n"))
        #expect(withdrawn.output.contains("\n  WITHDRAWN           07:01:39\n"))
        let finished = try await services(ReceiptFixtures.finished).run(["receipt", Self.task])
        #expect(finished.status == 3)
        #expect(finished.output.contains("\nResidue finished: 1 failed, 1 created, 1 present\n"))
        #expect(finished.output.contains("\n  Record     21: residue finished, 2026-11-23 08:00:04 UTC, by bob\n"))
        #expect(finished.output.contains("\n  0-1-5000   0-1-5000  0-1-4710     290\n"))
        #expect(!finished.output.contains("CREATE EVENT"))
    }

    /// The comparison of long positions is folded, never cut.
    @Test func everyTextFitsEightyColumns() {
        let plain = TextStyle(usesColour: false, usesUnicode: false, columns: 80)
        for response in [
            ReceiptFixtures.response(ReceiptFixtures.graceful), ReceiptFixtures.finished, ReceiptFixtures.withdrawn,
            ReceiptFixtures.response(ReceiptFixtures.partialCopy),
            ReceiptFixtures.response(ReceiptFixtures.manyObjects),
            StopTaskResponse(stop: ReceiptFixtures.underWay),
        ] {
            let lines = ReceiptRenderer(style: plain).lines(response)
            // Lines of SQL are never broken.
            let sql = Set(ResidueRenderer.lines(response.latestStop ?? Stop()).map { "  " + $0 })
            #expect(lines.allSatisfy { TextWidth.columns(of: $0) <= 80 || sql.contains($0) })
            #expect(!lines.joined().contains("\u{1B}"))
        }
        let hostile = ReceiptRenderer(style: plain).lines(ReceiptFixtures.hostile).joined(separator: "\n")
        #expect(hostile.unicodeScalars.allSatisfy { $0 == "\n" || TextWidth.harmless(String($0)) == String($0) })
    }
}
