import CutoverClient
import CutoverTestSupport
import Testing

extension Integration {
    @Suite("Whole databases under a writer")
    struct SampleDatabaseTests {
        @Test func shopOfTheProject() async throws {
            let fixture = try await MigrationFixture()
            try await fixture.load(MigrationFixture.repository + "/dev/sample/shop.sql")
            let writer = SourceWriter(fixture.source) { turn in
                [
                    "INSERT INTO shop.journal VALUES (\(turn), 'turn', NULL), (\(turn % 5), 'twin', 1), (\(turn % 5), 'twin', 1)",
                    "DELETE FROM shop.journal WHERE what = 'twin' AND at_second = 3 LIMIT 1",
                    "UPDATE shop.customers SET credit = credit + 1 WHERE id = \(1 + turn % 4000)",
                    turn % 7 == 0 ? "DELETE FROM shop.customers WHERE id = \(5001 - turn / 7)" : "DO 0",
                    "INSERT INTO shop.order_lines SELECT id, 200, 'SKU000007', 2, 3.50 FROM shop.customers c WHERE id = \(10_000 + turn)",
                    "UPDATE shop.every_type SET a_float = \(turn) + 0.1, a_time6 = '-00:00:01.5', a_bit = \(turn) WHERE id = 2",
                ]
            }
            let task = try await fixture.migrate(["shop"])
            try await Task.sleep(for: .seconds(2))
            let receipt = try await fixture.stop(task)
            let stop = try #require(receipt.stop)
            try await Task.sleep(for: .milliseconds(300))
            let turns = try await writer.end()
            #expect(turns >= 0)
            #expect(stop.drained)
            #expect(stop.modeTaken == .graceful)
            #expect(stop.copyComplete)
            #expect(stop.objects.filter { $0.kind == .trigger && $0.result == .created }.count == 4)
            #expect(stop.objects.filter { $0.kind == .event && $0.result == .created }.count == 2)
            try await fixture.expectEqual(at: stop.requestedPosition, databases: ["shop"])
            let events =
                "SELECT event_name, status FROM information_schema.events WHERE event_schema = 'shop' ORDER BY 1"
            let expected = try await fixture.source.rows(events)
            #expect(try await fixture.destination.rows(events) == expected)
        }

        @Test(.enabled(if: MigrationFixture.sample("sakila/sakila-mv-schema.sql") != nil))
        func sakila() async throws {
            let fixture = try await MigrationFixture()
            for script in ["sakila/sakila-mv-schema.sql", "sakila/sakila-mv-data.sql"] {
                try await fixture.load(try #require(MigrationFixture.sample(script)))
            }
            let writer = SourceWriter(fixture.source) { turn in
                [
                    """
                    INSERT INTO sakila.film (title, description, release_year, language_id, rental_duration, rental_rate, length,
                      replacement_cost, rating, special_features)
                    VALUES ('CUTOVER \(turn)', 'a film', 2006, 1, 3, 4.99, \(60 + turn % 90), 19.99, 'PG', 'Trailers')
                    """,
                    "UPDATE sakila.film SET description = 'turn \(turn)' WHERE film_id = \(1 + turn % 900)",
                    "UPDATE sakila.customer SET active = \(turn % 2) WHERE customer_id = \(1 + turn % 500)",
                    "INSERT INTO sakila.payment (customer_id, staff_id, amount, payment_date) VALUES (\(1 + turn % 500), 1, 2.99, NOW())",
                ]
            }
            let task = try await fixture.migrate(["sakila"])
            try await Task.sleep(for: .seconds(2))
            let stop = try #require(try await fixture.stop(task).stop)
            try await writer.end()
            #expect(stop.drained)
            let triggers = stop.objects.filter { $0.kind == .trigger }
            #expect(triggers.count == 6)
            #expect(triggers.allSatisfy { $0.result == .created }, "\(triggers)")
            try await fixture.expectEqual(at: stop.requestedPosition, databases: ["sakila"])
            // A trigger that had fired at the destination too would have left a second row here.
            #expect(
                try await fixture.destination.value("SELECT COUNT(*) = COUNT(DISTINCT film_id) FROM sakila.film_text")
                    == "1")
        }

        @Test(.enabled(if: MigrationFixture.sample("chinook/Chinook_MySql.sql") != nil))
        func chinook() async throws {
            let fixture = try await MigrationFixture()
            try await fixture.load(try #require(MigrationFixture.sample("chinook/Chinook_MySql.sql")))
            let writer = SourceWriter(fixture.source) { turn in
                [
                    "INSERT INTO Chinook.Playlist (PlaylistId, Name) VALUES (\(1000 + turn), 'Turn \(turn)')",
                    "INSERT INTO Chinook.PlaylistTrack VALUES (\(1000 + turn), \(1 + turn % 3000))",
                    "UPDATE Chinook.Track SET UnitPrice = UnitPrice + 0.01 WHERE TrackId = \(1 + turn % 3000)",
                ]
            }
            let task = try await fixture.migrate(["Chinook"])
            try await Task.sleep(for: .seconds(1))
            let stop = try #require(try await fixture.stop(task).stop)
            try await writer.end()
            #expect(stop.drained)
            try await fixture.expectEqual(at: stop.requestedPosition, databases: ["Chinook"])
        }

        @Test func aFullCopyCompletesByItself() async throws {
            let fixture = try await MigrationFixture()
            try await fixture.load(MigrationFixture.repository + "/dev/sample/shop.sql")
            let task = try await fixture.client.createTask(named: "once", spec: fixture.spec(["shop"], kind: .fullOnly))
            try await fixture.waitFor(task.id, .pendingStart)
            _ = try await fixture.client.startTask(task.id)
            let receipt = try await fixture.receipt(task.id)
            #expect(receipt.finalStatus == .completed)
            let stop = try #require(receipt.stop)
            #expect(stop.drained && stop.copyComplete)
            try await fixture.expectEqual(at: stop.requestedPosition, databases: ["shop"])
            let again = try await fixture.client.stopTask(task.id)
            #expect(again.result == .alreadyStopped)
        }
    }
}
