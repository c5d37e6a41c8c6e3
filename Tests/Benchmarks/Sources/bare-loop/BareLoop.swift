import Foundation
import GRDB

/// Writes the rows of stops once more with nothing but GRDB: what database, driver and disk allow a Swift program at all.
/// Prints one line of JSON fields.
///
///     bare-loop BEFORE.db AFTER.db WORK.db
///
/// BEFORE is a copy of the store as it was before the stops, AFTER the store behind them. WORK becomes a copy of BEFORE and gets
/// every row that AFTER has more or otherwise, by cached statements of one connection with the store's own settings, as many
/// tasks to a commit as the store put into it. Rows are read before the clock runs.
@main
struct BareLoop {
    static func main() throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 4 else {
            FileHandle.standardError.write(Data("usage: bare-loop BEFORE.db AFTER.db WORK.db\n".utf8))
            exit(64)
        }
        let (before, after, work) = (arguments[1], arguments[2], arguments[3])
        try FileManager.default.copyItem(atPath: before, toPath: work)
        let tally = try DatabaseQueue(path: after).inDatabase { source in
            try source.execute(sql: "ATTACH ? AS before", arguments: [before])
            return try write(from: source, to: try open(work))
        }
        print(
            "\"bare_tasks\":\(tally.tasks),\"rows\":\(tally.rows),\"bare_commits\":\(tally.commits),"
                + "\"bare_seconds\":\(tally.seconds)")
    }

    private struct Tally {
        var tasks = 0
        var rows = 0
        var commits = 0
        var seconds = 0.0
    }

    /// The settings of the store's writing connection; GRDB leaves a single queue's `synchronous` alone.
    private static func open(_ path: String) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.foreignKeysEnabled = false
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        try queue.writeWithoutTransaction { db in
            for pragma in [
                "journal_mode = WAL", "synchronous = FULL", "cache_size = -32768", "wal_autocheckpoint = 20000",
                "journal_size_limit = \(16 << 20)",
            ] {
                try db.execute(sql: "PRAGMA \(pragma)")
            }
            guard try Int.fetchOne(db, sql: "PRAGMA synchronous") == 2 else { throw NotDurable() }
        }
        return queue
    }

    private struct NotDurable: Error {}

    private static func write(from source: Database, to work: DatabaseQueue) throws -> Tally {
        let tables = try ChangedTable.all(source)
        let groups = try Int.fetchAll(
            source,
            sql: """
                SELECT count(*) FROM main.task WHERE revision > (SELECT revision FROM before.meta)
                GROUP BY revision ORDER BY revision
                """)
        var tally = Tally()
        // What is left behind the last group, such as the record of a finished batch, gets commits of its own.
        for size in groups + [1_000, 1_000] {
            var rows: [(sql: String, arguments: StatementArguments)] = []
            for table in tables {
                let next = try table.next(size)
                rows += next.map { (table.write, $0) }
                if table.isTask { tally.tasks += next.count }
            }
            guard !rows.isEmpty else { continue }
            let begin = ContinuousClock.now
            try work.writeWithoutTransaction { db in
                try db.inTransaction(.immediate) {
                    for row in rows { try db.cachedStatement(sql: row.sql).execute(arguments: row.arguments) }
                    try db.cachedStatement(sql: "UPDATE meta SET revision = revision + 1").execute()
                    return .commit
                }
            }
            tally.seconds += (ContinuousClock.now - begin) / .seconds(1)
            tally.rows += rows.count
            tally.commits += 1
        }
        return tally
    }
}
