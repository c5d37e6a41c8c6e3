internal import CutoverModel

/// The AUTO_INCREMENT counter of a table.
struct TableCounter: Sendable, Hashable {
    var database: String
    var table: String
    /// The next value that it gives, as `ALTER TABLE` would set it.
    var next: UInt64

    /// What raises the counter, and what an operator runs by hand.
    var sql: String { "ALTER TABLE \(SQLText.name(database, table)) AUTO_INCREMENT=\(next)" }

    init(database: String, table: String, next: UInt64) {
        self.database = database
        self.table = table
        self.next = next
    }

    /// Reads what ``outcome(_:_:)`` left behind; nil when its SQL is any other text.
    init?(_ outcome: ObjectOutcome) {
        guard let mark = outcome.sql.lastIndex(of: "="),
            let next = UInt64(outcome.sql[outcome.sql.index(after: mark)...])
        else { return nil }
        self.init(database: outcome.database, table: outcome.table, next: next)
        guard sql == outcome.sql else { return nil }
    }

    func outcome(_ result: ObjectResult, _ message: String = "") -> ObjectOutcome {
        ObjectOutcome(
            kind: .autoIncrement, database: database, name: table, table: table, result: result, message: message,
            sql: result == .failed || result == .leftBehind ? sql : "")
    }
}
