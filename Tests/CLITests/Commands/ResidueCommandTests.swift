import CutoverModel
import Testing

@testable import cutover

@Suite struct ResidueCommandTests {
    private static let task = Fixtures.following.id

    private func services(
        _ response: StopTaskResponse = ReceiptFixtures.response(ReceiptFixtures.forced),
        finished: StopTaskResponse? = nil
    ) -> FakeRecords {
        FakeRecords(stops: [Self.task: response], finished: finished)
    }

    @Test func theScriptGoesToTheOutputAndWordsBesideIt() async throws {
        let run = try await services().run(["residue", Self.task])
        #expect(run.status == 0)
        #expect(run.output == ResidueRenderer.lines(ReceiptFixtures.forced).map { $0 + "\n" }.joined())
        #expect(run.output.hasSuffix("-- counter crm.orders\nALTER TABLE `crm`.`orders` AUTO_INCREMENT = 90211;\n"))
        #expect(
            run.errors == """
                3 objects are left to be made at the destination.
                  `cutover residue finish \(Self.task) --reason TEXT`
                  has the server make what it can.

                """)
        let nothing = try await services(ReceiptFixtures.response(ReceiptFixtures.graceful)).run(["residue", Self.task])
        #expect(nothing.output.isEmpty)
        #expect(nothing.errors == "Nothing was left behind.\n")
    }

    @Test func whatWasFinishedIsNotShownAgain() async throws {
        let run = try await services(ReceiptFixtures.finished).run(["residue", "show", Self.task])
        #expect(run.output.contains("CREATE DEFINER"))
        #expect(!run.output.contains("CREATE EVENT"))
        #expect(run.errors.hasPrefix("1 object is left"))
        let json = try await services(ReceiptFixtures.finished).run(["residue", Self.task, "-o", "json"])
        #expect(json.output.contains("\"message\": \"1449: The user specified as a definer"))
        #expect(json.errors.isEmpty)
    }

    @Test func aTerminalIsNotSteeredByTheSQLButAPipeGetsEveryByte() async throws {
        var stop = ReceiptFixtures.forced
        stop.objects[2].sql = "ALTER TABLE t COMMENT '\u{1B}[2J'"
        let services = services(ReceiptFixtures.response(stop))
        #expect(try await services.run(["residue", Self.task]).output.contains("COMMENT '\u{1B}[2J';\n"))
        #expect(try await services.run(["residue", Self.task], isTerminal: true).output.contains("COMMENT '?[2J';\n"))
    }

    @Test func finishingTellsEachObjectsOutcome() async throws {
        let services = services(finished: ReceiptFixtures.finished)
        let run = try await services.run(["residue", "finish", Self.task, "--reason", "back again"])
        #expect(run.status == 4)
        #expect(
            run.output == """
                ✗ crm: residue not finished, 1 failed, 1 created, 1 present
                  KIND     NAME                     RESULT
                  trigger  crm.orders_ai on orders  failed
                      1449: The user specified as a definer ('app'@'%') does not exist
                  event    crm.purge                created
                      the stop was forced
                  counter  crm.orders               present
                Correct what the errors say and run the same command again, or run the SQL by
                hand: `cutover residue \(Self.task)` shows it.

                """)
        let request = try #require(services.finishes.first)
        #expect(request.stopId == ReceiptFixtures.forced.id)
        #expect(request.reason == "back again")
        #expect(!request.requestId.isEmpty)
    }

    @Test func aResidueThatIsFinishedWholeIsGood() async throws {
        var response = ReceiptFixtures.finished
        response.addenda[0].stop?.residue[0].result = .created
        let run = try await services(finished: response).run(
            ["residue", "finish", Self.task, "--reason", "r", "--request-id", "rid"])
        #expect(run.status == 0)
        #expect(run.output.hasPrefix("✓ crm: residue finished, 2 created, 1 present\n"))
    }

    @Test func whatTheServerRefusesIsSaid() async throws {
        let services = services()
        let refused = try await services.run(["residue", "finish", Self.task, "--reason", "r"])
        #expect(refused.status == 2)
        #expect(refused.errors == "cutover: rejected: Nothing was left. (NO_RESIDUE)\n")
        #expect(try await services.run(["residue", "finish", Self.task]).status == 64)
        #expect(try await services.run(["residue", "finish", "nope", "--reason", "r"]).status == 5)
    }
}
