import CutoverModel
import CutoverSQLite
import CutoverTasks
import Foundation
import GRDB
import Logging

/// Stops many tasks by groups, then writes the very same rows by a bare loop of GRDB, and compares.
///
/// Stops of one batch go group after group, each as soon as the one before it is durable. The bare loop has one connection
/// with the same settings, statements prepared once, and its rows in memory before the clock runs.
struct BatchMeasure {
    let path: String
    let tasks: Int
    let stops: Int
    let group: Int

    func run() async throws {
        let store = try await SQLiteTaskStore.open(path: path, logger: Logger(label: "measure"))
        let load = BatchLoad(store: store, prefix: "measure", tasks: stops, pageItems: group)
        let ids = (0..<tasks).map { _ in UUID().uuidString }
        try await load.fill(ids)
        var record = try await load.makeBatch("measure", Array(ids.prefix(stops)))
        let before = path + ".before"
        try await store.backup(to: before)
        let clock = ContinuousClock()
        var seconds: [Double] = []
        for index in 0..<record.pages {
            let began = clock.now
            record = try await load.stopPage(index, of: record, ids)
            seconds.append(Self.seconds(clock.now - began))
        }
        await store.close()
        let bare = try BareLoop(before: before, after: path, work: path + ".bare").run()
        report("store", seconds)
        report("bare", bare)
        let ratio = bare.reduce(0, +) / seconds.reduce(0, +)
        say("store/bare: \(String(format: "%.2f", ratio)) of the rows a second")
    }

    private func report(_ name: String, _ seconds: [Double]) {
        let quarter = max(1, seconds.count / 4)
        let rates = stride(from: 0, to: seconds.count, by: quarter).map { start in
            let slice = seconds[start..<min(start + quarter, seconds.count)]
            return Int(Double(slice.count * group) / slice.reduce(0, +))
        }
        let total = Int(Double(stops) / seconds.reduce(0, +))
        say("\(name): \(total) stops/s; by quarters \(rates); worst group \(Int((seconds.max() ?? 0) * 1000)) ms")
    }

    static func seconds(_ duration: Duration) -> Double {
        Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
    }
}

/// The rows that a store has more than its copy of before, written into that copy again: a commit for each revision.
struct BareLoop {
    let before: String
    let after: String
    let work: String

    private struct Group {
        var tasks: [Row] = []
        var stops: [Row] = []
        var events: [Row] = []
        var page: Row?
    }

    /// - Returns: the seconds of each commit with its statements.
    func run() throws -> [Double] {
        try FileManager.default.copyItem(atPath: before, toPath: work)
        let groups = try readGroups()
        var configuration = Configuration()
        configuration.foreignKeysEnabled = false
        let queue = try DatabaseQueue(path: work, configuration: configuration)
        let seconds = try queue.writeWithoutTransaction { db in
            try db.execute(
                sql: """
                    PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -32768;
                    PRAGMA wal_autocheckpoint = 20000
                    """)
            return try groups.map { try write($0, db) }
        }
        try queue.close()
        return seconds
    }

    private func readGroups() throws -> [Group] {
        let queue = try DatabaseQueue(path: after)
        let groups = try queue.read { db -> [Group] in
            let events = try Row.fetchAll(
                db, sql: "SELECT * FROM event WHERE action IN ('stop.accepted', 'batch.group')")
            let pages = try Row.fetchAll(db, sql: "SELECT * FROM batch_page ORDER BY idx")
            return try Dictionary(grouping: events) { $0[0] as Int64 }.sorted { $0.key < $1.key }.enumerated().map {
                index, entry in
                let tasks = try Row.fetchAll(
                    db, sql: "SELECT * FROM task WHERE revision = ? ORDER BY n", arguments: [entry.key])
                let stops = try Row.fetchAll(
                    db, sql: "SELECT * FROM stop WHERE id IN (SELECT stop_id FROM task WHERE revision = ?) ORDER BY n",
                    arguments: [entry.key])
                return Group(tasks: tasks, stops: stops, events: entry.value, page: pages[index])
            }
        }
        try queue.close()
        return groups
    }

    private func write(_ group: Group, _ db: Database) throws -> Double {
        let clock = ContinuousClock()
        let began = clock.now
        try db.inTransaction(.immediate) {
            let task = try db.cachedStatement(
                sql: """
                    UPDATE task SET id = ?2, name = ?3, status = ?4, revision = ?5, epoch = ?6, stop_id = ?7,
                        labels = ?8, record = ?9 WHERE n = ?1
                    """)
            let stop = try db.cachedStatement(sql: "INSERT INTO stop VALUES (?, ?, ?, ?)")
            let event = try db.cachedStatement(sql: "INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")
            for row in group.tasks { try task.execute(arguments: StatementArguments(row.databaseValues)) }
            for row in group.stops { try stop.execute(arguments: StatementArguments(row.databaseValues)) }
            for row in group.events { try event.execute(arguments: StatementArguments(row.databaseValues)) }
            if let page = group.page {
                let sql = "INSERT OR REPLACE INTO batch_page VALUES (?, ?, ?)"
                try db.cachedStatement(sql: sql).execute(arguments: StatementArguments(page.databaseValues))
            }
            try db.execute(sql: "UPDATE batch SET revision = revision + 1")
            try db.execute(sql: "UPDATE meta SET revision = revision + 1")
            return .commit
        }
        return BatchMeasure.seconds(clock.now - began)
    }
}
