import CutoverModel
import CutoverSQLite
import CutoverTasks
import Foundation
import Synchronization

// A process of its own for the store's tests: it writes and says what was acknowledged, until it is killed or done.
//
//   store-worker hold PATH                              opens the store, says "open", stays until standard input ends
//   store-worker load PATH PREFIX CALLERS WRITES CALLS  CALLERS callers make CALLS calls of WRITES tasks each, then
//                                                       "done"; 0 CALLS never ends. One line per acknowledged call:
//                                                       "ack REVISION ID..."; every fourth call seals receipts.
//   store-worker batches PATH PREFIX CALLERS TASKS PAGE CALLERS callers stop batch after batch of TASKS new tasks, PAGE to a
//                                                       commit: "made BATCH", then "ack BATCH PAGE REVISION"
//   store-worker measure PATH CALLERS WRITES SECONDS    transitions of existing tasks as fast as they go
//   store-worker measure-batch PATH TASKS STOPS GROUP   stops by groups, beside a bare loop of the same rows

func say(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    // One call per line: a killed process leaves whole lines, but for the last.
    _ = bytes.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
}

func creation(_ id: String, isSealed: Bool) -> TaskWrite {
    var record = TaskRecord(id: id, name: "load", status: isSealed ? .stopped : .configuration)
    let stop = isSealed ? Stop(id: "stop-\(id)", taskId: id, actor: "load", phase: .stopped) : nil
    record.stopId = stop?.id ?? ""
    return TaskWrite(
        record: record, expectedRevision: 0, from: .unspecified, actor: "load", action: "create",
        atMs: Int64(Date().timeIntervalSince1970 * 1000), stop: stop,
        request: RequestMemo(id: "request-\(id)", fingerprint: [1], taskID: id), seals: isSealed ? .stopped : nil)
}

final class Counter: Sendable {
    private let value = Atomic(0)

    func take() -> Int { value.wrappingAdd(1, ordering: .relaxed).oldValue }
}

func load(_ store: SQLiteTaskStore, prefix: String, callers: Int, writes: Int, calls: Int) async throws {
    let next = Counter()
    try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<callers {
            group.addTask {
                while true {
                    let call = next.take()
                    guard calls == 0 || call < calls else { return }
                    let ids = (0..<writes).map { "\(prefix)-\(call)-\($0)" }
                    let outcomes = try await store.apply(ids.map { creation($0, isSealed: call % 4 == 0) })
                    guard case .applied(let revision, _) = outcomes.first else {
                        throw TaskStoreError(.failed, "a new task was not created")
                    }
                    say("ack \(revision) \(ids.joined(separator: " "))")
                }
            }
        }
        try await group.waitForAll()
    }
}

func measure(_ store: SQLiteTaskStore, callers: Int, writes: Int, seconds: Double) async throws {
    let clock = ContinuousClock()
    let end = clock.now + .seconds(seconds)
    let before = store.statistics
    let began = clock.now
    try await withThrowingTaskGroup(of: Void.self) { group in
        for caller in 0..<callers {
            group.addTask {
                let ids = (0..<writes).map { "measure-\(caller)-\($0)" }
                var revision: UInt64 = 0
                var from = TaskStatus.unspecified
                while clock.now < end {
                    let to: TaskStatus = from == .paused ? .incrementalMigration : .paused
                    let outcomes = try await store.apply(
                        ids.map {
                            TaskWrite(
                                record: TaskRecord(id: $0, name: "measure", status: to), expectedRevision: revision,
                                from: from, actor: "measure", action: "turn", atMs: 1)
                        })
                    guard case .applied(let applied, _) = outcomes.first else {
                        throw TaskStoreError(.failed, "a transition was lost without a rival")
                    }
                    revision = applied
                    from = to
                }
            }
        }
        try await group.waitForAll()
    }
    let parts = (clock.now - began).components
    let duration = Double(parts.seconds) + Double(parts.attoseconds) / 1e18
    let after = store.statistics
    let commits = Double(after.commits - before.commits) / duration
    let rows = Double(after.writes - before.writes) / duration
    say("callers \(callers) writes \(writes): \(Int(commits)) commits/s, \(Int(rows)) rows/s")
}

let arguments = CommandLine.arguments
guard arguments.count >= 3 else {
    say("usage: store-worker hold|load|batches|measure|measure-batch PATH ...")
    exit(2)
}
do {
    if arguments[1] == "measure-batch", arguments.count == 6 {
        let numbers = arguments.compactMap { Int($0) }
        guard numbers.count == 3 else { throw TaskStoreError(.failed, "give three numbers") }
        try await BatchMeasure(path: arguments[2], tasks: numbers[0], stops: numbers[1], group: numbers[2]).run()
        exit(0)
    }
    var options = SQLiteTaskStoreOptions(path: arguments[2])
    options.ballastBytes = 0
    let store = try SQLiteTaskStore(options: options)
    let numbers = arguments.map { Double($0) ?? 0 }
    switch (arguments[1], arguments.count) {
    case ("hold", 3):
        say("open")
        while readLine() != nil {}
    case ("load", 7):
        try await load(
            store, prefix: arguments[3], callers: Int(numbers[4]), writes: Int(numbers[5]), calls: Int(numbers[6]))
        let statistics = store.statistics
        say("done \(statistics.writes) \(statistics.commits) \(statistics.largestGroupWrites)")
    case ("batches", 7):
        let load = BatchLoad(
            store: store, prefix: arguments[3], tasks: Int(numbers[5]), pageItems: Int(numbers[6]))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for caller in 0..<Int(numbers[4]) { group.addTask { try await load.runForever(caller) } }
            try await group.waitForAll()
        }
    case ("measure", 6):
        try await measure(store, callers: Int(numbers[3]), writes: Int(numbers[4]), seconds: numbers[5])
    default:
        say("usage: store-worker hold|load|batches|measure|measure-batch PATH ...")
        exit(2)
    }
    await store.close()
} catch let error as TaskStoreError {
    say("error \(error.code) \(error.message)")
    exit(1)
}
