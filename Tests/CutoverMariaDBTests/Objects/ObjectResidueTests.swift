import CutoverModel
import CutoverTasks
import CutoverTestSupport
import Foundation
import Testing

@testable import CutoverMariaDB

/// What a forced stop left behind, made later from its SQL.
@Suite("Residue of a forced stop")
struct ObjectResidueTests {
    private static let objects = [
        "CREATE ROLE keeper", "CREATE USER ghost@'%'",
        "CREATE TRIGGER b BEFORE INSERT ON t FOR EACH ROW SET NEW.v=CONCAT(NEW.v, 'b')",
        "CREATE TRIGGER a BEFORE INSERT ON t FOR EACH ROW PRECEDES b SET NEW.v=CONCAT(NEW.v, 'a')",
        "CREATE DEFINER=ghost@'%' TRIGGER haunted AFTER INSERT ON t FOR EACH ROW SET @x=1",
        "CREATE EVENT enabled ON SCHEDULE EVERY 1 DAY DO BEGIN SELECT ';;'; END",
        "CREATE EVENT disabled ON SCHEDULE EVERY 1 DAY DISABLE DO SET @x=1",
        "CREATE EVENT slaveside ON SCHEDULE EVERY 1 DAY DISABLE ON SLAVE DO SET @x='é'",
        "CREATE DEFINER=keeper EVENT of_role ON SCHEDULE EVERY 1 DAY DO SET @x=1",
        "CREATE EVENT past ON SCHEDULE AT '2037-01-01 00:00:00' DO SET @x=1",
        "SET sql_mode='ANSI_QUOTES', character_set_client=latin1, collation_connection=latin1_german1_ci, time_zone='+05:00'",
        "EXECUTE IMMEDIATE CONVERT(x'435245415445204556454E5420226C6174696E22204F4E205343484544554C45204556455259203120444159"
            + "20444F20534554204078203D2027C3A9273B' USING utf8mb4)",
        "CREATE TRIGGER d BEFORE UPDATE ON \"t\" FOR EACH ROW SET NEW.\"v\"='x'",
    ]

    /// A task that was stopped by force with its objects left behind; the source is gone.
    private func stopped() async throws -> (ObjectFixture, [ObjectOutcome], [String: [String?]]) {
        let fixture = try await ObjectFixture.start(objects: Self.objects, destinationSetup: ["CREATE ROLE keeper"])
        try await fixture.pair.source.run("ALTER TABLE d.t AUTO_INCREMENT=500")
        var residue = try await fixture.worker.inventory().objects
        let stored = try await fixture.stored(fixture.pair.source)
        // Years pass.
        for index in residue.indices { residue[index].sql = residue[index].sql.replacing("AT '2037", with: "AT '2017") }
        _ = await fixture.worker.close()
        try await fixture.pair.source.crash()
        return (fixture, residue, stored)
    }

    private func code(_ body: () async throws -> Void) async -> ReplicationError.Code? {
        do {
            try await body()
            return nil
        } catch {
            return (error as? ReplicationError)?.code
        }
    }

    @Test("each object is made as the source had it, without the source; again, all is present; the fence stays")
    func finish() async throws {
        let (fixture, residue, stored) = try await stopped()
        let pair = fixture.pair
        let retiring = pair.worker(pair.job(["d"]))
        let epoch = try await retiring.retire()
        _ = await retiring.close()
        let fence = try await pair.destination.rows("SELECT epoch, owned, state, gtid_pos, counter FROM _cutover.fence")
        let worker = pair.worker(pair.job(["d"]), epoch: epoch)
        let outcomes = try await worker.finishResidue(residue)
        #expect(outcomes.map { "\($0.kind) \($0.name)" } == residue.map { "\($0.kind) \($0.name)" })
        let results = Dictionary(uniqueKeysWithValues: outcomes.map { ("\($0.kind.name) \($0.name)", $0.result) })
        let created = outcomes.filter { !["haunted", "past"].contains($0.name) }
        #expect(created.count == 9 && created.allSatisfy { $0.result == .created && $0.sql.isEmpty }, "\(results)")
        let byName = ObjectFixture.byName(outcomes)
        #expect(byName["past"]?.result == .skipped && byName["past"]?.message == "its time has passed")
        #expect(byName["haunted"]?.result == .failed && byName["haunted"]?.message.contains("ghost@%") == true)
        #expect(byName["haunted"]?.sql == residue.first { $0.name == "haunted" }?.sql)
        let made = try await fixture.stored(pair.destination)
        #expect(made == stored.filter { !["haunted", "past"].contains($0.key) })
        #expect(made["latin"]?.contains("latin1_german1_ci") == true)
        #expect(
            try await pair.destination.value(
                "SELECT auto_increment FROM information_schema.tables WHERE table_name='t'") == "500")
        // A live destination went on in the meantime.
        try await pair.destination.run("ALTER TABLE d.t AUTO_INCREMENT=900", "CREATE USER ghost@'%'")
        let again = try await worker.finishResidue(residue)
        #expect(ObjectFixture.byName(again)["haunted"]?.result == .created)
        #expect(again.filter { !["haunted", "past"].contains($0.name) }.allSatisfy { $0.result == .present })
        #expect(
            try await pair.destination.value(
                "SELECT auto_increment FROM information_schema.tables WHERE table_name='t'") == "900")
        #expect(
            try await pair.destination.rows("SELECT epoch, owned, state, gtid_pos, counter FROM _cutover.fence")
                == fence)
        #expect(await worker.close() == [])
    }

    @Test("the SQL pasted into the mariadb client makes the same objects")
    func byHand() async throws {
        let (fixture, residue, stored) = try await stopped()
        let pair = fixture.pair
        let file = pair.destination.folder + "/residue.sql"
        let scripts = residue.filter { $0.name != "past" }
            .map { $0.kind == .autoIncrement ? $0.sql + ";\n" : $0.sql }
        try scripts.joined().write(toFile: file, atomically: true, encoding: .utf8)
        let output = pair.destination.folder + "/residue.out"
        let child = try ChildProcess.start(
            "/usr/bin/mariadb",
            [
                "--no-defaults", "--user=root", "--host=127.0.0.1", "--port=\(pair.destination.port)",
                "--default-character-set=utf8mb4", "--execute=source \(file)",
            ], output: output)
        #expect(try await child.wait(seconds: 60))
        let errors = try String(contentsOfFile: output, encoding: .utf8)
        #expect(!errors.contains("ERROR"), "\(errors)")
        #expect(try await fixture.stored(pair.destination) == stored.filter { $0.key != "past" })
        let retiring = pair.worker(pair.job(["d"]))
        let epoch = try await retiring.retire()
        _ = await retiring.close()
        let worker = pair.worker(pair.job(["d"]), epoch: epoch)
        #expect(
            try await worker.finishResidue(residue.filter { $0.name != "past" }).allSatisfy { $0.result == .present })
        _ = await worker.close()
    }

    @Test("while a worker may still write, or where none ever was, it is refused and changes nothing")
    func notRetired() async throws {
        let (fixture, residue, _) = try await stopped()
        let pair = fixture.pair
        let worker = pair.worker(pair.job(["d"]), epoch: 7)
        #expect(await code { _ = try await worker.finishResidue(residue) } == .fenced)
        let stranger = pair.worker(pair.job(["d"], task: "t2"), epoch: 7)
        #expect(await code { _ = try await stranger.finishResidue(residue) } == .fenced)
        #expect(try await fixture.stored(pair.destination).isEmpty)
        #expect(try await pair.destination.value("SELECT COUNT(*) FROM _cutover.fence") == "1")
        try await pair.destination.run("DROP DATABASE _cutover")
        #expect(await code { _ = try await worker.finishResidue(residue) } == .fenced)
        #expect(try await pair.destination.value("SHOW DATABASES LIKE '\\_cutover'") == nil)
        _ = await worker.close()
        _ = await stranger.close()
    }

    @Test("SQL of any other form is not run")
    func foreignSQL() async throws {
        let fixture = try await ObjectFixture.start(objects: [])
        _ = try await fixture.worker.retire()
        let drop = ObjectScript(
            database: "d",
            settings: StoredObject.Settings(
                sqlMode: "", characterSetClient: "utf8mb4", collationConnection: "utf8mb4_general_ci", timeZone: ""),
            text: .text("DROP TABLE d.t")
        ).sql
        let objects = [
            ObjectOutcome(kind: .trigger, database: "d", name: "x", table: "t", result: .leftBehind, sql: drop),
            ObjectOutcome(kind: .event, database: "d", name: "x", result: .leftBehind, sql: drop),
            ObjectOutcome(
                kind: .autoIncrement, database: "d", name: "t", table: "t", result: .leftBehind, sql: "DROP TABLE d.t"),
            ObjectOutcome(kind: .trigger, database: "d", name: "y", table: "t", result: .leftBehind),
        ]
        let outcomes = try await fixture.worker.finishResidue(objects)
        #expect(outcomes.map(\.result) == [.failed, .failed, .failed, .failed])
        #expect(outcomes.allSatisfy { $0.message == "its SQL has an unexpected form; run it by hand" })
        #expect(try await fixture.pair.destination.value("SELECT COUNT(*) FROM d.t") == "0")
        await fixture.close()
    }
}
