@testable import CutoverSQLite
import CutoverTasks
import Foundation
import GRDB
import Testing

@Suite("Statements on SQLite itself")
struct StatementTests {
    private func withTable(_ body: (Database) throws -> Void) throws {
        try DatabaseQueue().write { db in
            try db.execute(
                sql: "CREATE TABLE t (i INTEGER NOT NULL, s TEXT NOT NULL, b BLOB) STRICT")
            try body(db)
        }
    }

    @Test("Values come back as they were bound, also empty ones and such beyond ASCII")
    func roundTrip() throws {
        let rows: [(Int64, String, Data)] = [
            (.min, "", Data()), (.max, "a", Data([0])), (0, "Zoë – 移行 🛑", Data((0...255).map { UInt8($0) })),
            (-1, String(repeating: "long ", count: 10_000), Data(repeating: 7, count: 100_000)),
        ]
        try withTable { db in
            let insert = try db.cachedStatement(sql: "INSERT INTO t VALUES (?, ?, ?)")
            for row in rows { try insert.run(row.0, row.1, row.2) }
            let found = try db.cachedStatement(sql: "SELECT i, s, b FROM t ORDER BY rowid").all {
                (try $0.integer(0), try $0.text(1), try $0.blob(2))
            }
            #expect(found.count == rows.count)
            for (left, right) in zip(found, rows) { #expect(left == right) }
            #expect(try Int.fetchOne(db, sql: "SELECT count(*) FROM t WHERE s IS NULL OR b IS NULL") == 0)
        }
    }

    @Test("A column of another type is a damaged row, not a crash")
    func damaged() throws {
        try withTable { db in
            let query = try db.cachedStatement(sql: "SELECT 1, 'x', x'00', NULL, 2.5, 99999999999")
            func code(_ read: (StoredRow) throws -> Void) -> TaskStoreError.Code? {
                do {
                    _ = try query.first(read: read)
                    return nil
                } catch {
                    return (error as? TaskStoreError)?.code
                }
            }
            #expect(code { _ = try $0.integer(1) } == .corrupt)
            #expect(code { _ = try $0.integer(4) } == .corrupt)
            #expect(code { _ = try $0.text(0) } == .corrupt)
            #expect(code { _ = try $0.text(3) } == .corrupt)
            #expect(code { _ = try $0.blob(1) } == .corrupt)
            #expect(code { _ = try $0.blob(3) } == .corrupt)
            #expect(code { _ = try $0.status(5) } == .corrupt)
            #expect(try query.first { try $0.optionalBlob(3) } == .some(nil))
            #expect(try query.first { try $0.integer(5) } == 99_999_999_999)
        }
    }

    @Test("A statement that failed, or was left before its last row, can be executed again")
    func again() throws {
        try withTable { db in
            try db.execute(sql: "CREATE UNIQUE INDEX u ON t (i)")
            let insert = try db.cachedStatement(sql: "INSERT INTO t VALUES (?, ?, NULL)")
            try insert.run(1, "a")
            #expect {
                try insert.run(1, "b")
            } throws: {
                ($0 as? DatabaseError)?.extendedResultCode == .SQLITE_CONSTRAINT_UNIQUE
            }
            try insert.run(2, "b")
            let query = try db.cachedStatement(sql: "SELECT s FROM t WHERE i >= ? ORDER BY i")
            #expect(try query.first(1) { try $0.text(0) } == "a")
            #expect(try query.all(1) { try $0.text(0) } == ["a", "b"])
            #expect(try query.first(3) { try $0.text(0) } == nil)
            var seen: [String] = []
            try query.forEachRow([0]) {
                seen.append(try $0.text(0))
                return false
            }
            #expect(seen == ["a"])
        }
    }

    @Test("A value too few or too many is refused, instead of a NULL in its place")
    func counts() throws {
        try withTable { db in
            let insert = try db.cachedStatement(sql: "INSERT INTO t VALUES (?, ?, ?)")
            #expect(throws: DatabaseError.self) { try insert.run(1, "a") }
            #expect(throws: DatabaseError.self) { try insert.run(1, "a", Data(), 4) }
            #expect(throws: DatabaseError.self) { try insert.forEachRow([1]) { _ in true } }
            #expect(try Int.fetchOne(db, sql: "SELECT count(*) FROM t") == 0)
        }
    }
}
