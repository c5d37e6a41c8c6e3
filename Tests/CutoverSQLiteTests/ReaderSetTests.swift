@testable import CutoverSQLite
import CutoverTasks
import Foundation
import GRDB
import Synchronization
import Testing

@Suite("Reads that share a transaction")
struct ReaderSetTests {
    @Test("Whoever was answered a write reads it, however many read at the same time", .timeLimit(.minutes(1)))
    func ownWrites() async throws {
        try await withStore { store, _ in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for caller in 0..<64 {
                    group.addTask {
                        for number in 1...20 {
                            let id = "\(caller)-\(number)"
                            _ = try await store.apply([write(id)])
                            #expect(try await store.state(of: id) != nil, "\(id)")
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test("A read that fails leaves the others their answers")
    func oneFails() async throws {
        try await withReaders(limit: 1_000) { readers in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<200 {
                    group.addTask {
                        let isBad = number % 7 == 0
                        let read = Task {
                            try await readers.read { db in
                                if isBad { throw TaskStoreError(.corrupt, "\(number)") }
                                return try Int.fetchOne(db, sql: "SELECT \(number)")
                            }
                        }
                        if isBad {
                            await #expect(throws: TaskStoreError(.corrupt, "\(number)")) { try await read.value }
                        } else {
                            let answer = try await read.value
                            #expect(answer == number)
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test("Reads beyond the bound are refused, and taken again when others have ended", .timeLimit(.minutes(1)))
    func bound() async throws {
        final class Begun: Sendable { let count = Mutex(0) }
        try await withReaders(limit: 2) { readers in
            let mayGoOn = DispatchSemaphore(value: 0)
            let begun = Begun()
            let held = (0..<2).map { _ in
                Task {
                    try await readers.read { _ in
                        begun.count.withLock { $0 += 1 }
                        mayGoOn.wait()
                    }
                }
            }
            while begun.count.withLock({ $0 }) < 2 { try await Task.sleep(for: .milliseconds(1)) }
            #expect(await code { try await readers.read { _ in } } == .busy)
            for _ in held { mayGoOn.signal() }
            for read in held { try await read.value }
            #expect(try await readers.read { try Int.fetchOne($0, sql: "SELECT 7") } == 7)
        }
    }

    @Test("A cancelled caller is told so, and closed connections refuse")
    func cancelledAndClosed() async throws {
        try await withReaders(limit: 4) { readers in
            let cancelled = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                return try await readers.read { try Int.fetchOne($0, sql: "SELECT 1") }
            }
            await #expect(throws: CancellationError.self) { try await cancelled.value }
            await readers.close()
            #expect(await code { try await readers.read { _ in } } == .closed)
        }
    }

    private func withReaders(limit: Int, _ body: (ReaderSet) async throws -> Void) async throws {
        try await withFolder { folder in
            await (try SQLiteTaskStore(options: options(folder))).close()
            let readers = try ReaderSet(path: options(folder).path, count: 2, limit: limit)
            try await body(readers)
            await readers.close()
        }
    }
}
