import CutoverModel
@testable import CutoverServer
import CutoverTasks
import Testing
import TestRandom

/// A dry run tells of each task what the batch would do with it, and leaves everything as it was.
@Suite struct BatchTrialTests {
    /// One task of every kind that a stop distinguishes, named for what it is.
    private func addOneOfEach(to stage: BatchStage) async throws {
        try await stage.add(["pending"])
        try await stage.add(["copying"], .fullMigration)
        try await stage.add(["following"], .incrementalMigration)
        try await stage.add(["paused"], .paused)
        try await stage.add(["failed"], .incrementalMigrationFailed)
        try await stage.add(["unstarted"], .startFailed)
        try await stage.add(["unmade"], .createFailed)
        try await stage.add(["misconfigured"], .configuration) { $0.configurationFailed = true }
        try await stage.add(["repairing"], .faultRectification) { $0.repairRunning = true }
        try await stage.add(["between"], .faultRectification)
        try await stage.add(["stopped"], .stopped)
        try await stage.add(["completed"], .completed)
        for id in ["draining", "stuck"] {
            try await stage.add([id], .incrementalMigration)
            try await stage.stopAlone(id, StopOrder(stopID: "s-\(id)"))
        }
        try await stage.end("stuck", .failed)
    }

    private static let each = [
        "pending", "copying", "following", "paused", "failed", "unstarted", "unmade", "misconfigured", "repairing",
        "between", "stopped", "completed", "draining", "stuck",
    ]

    /// What a dry run told is what the batch then does; only a stop that ends with its own write is told as accepted.
    private func expectKept(_ told: BatchEvents, by done: BatchEvents, _ note: String = "") {
        #expect(told.items.map(\.taskId) == done.items.map(\.taskId), "\(note)")
        for (told, done) in zip(told.items, done.items) {
            let isAccepted = done.result == .accepted || done.result == .stopped
            #expect(told.result == (isAccepted ? .accepted : done.result), "\(told.taskId) \(note)")
            #expect(told.modeTaken == done.modeTaken && told.error == done.error, "\(told.taskId) \(note)")
            #expect(told.taskName == done.taskName && told.final, "\(told.taskId) \(note)")
            if isAccepted {
                #expect(told.stopId.isEmpty, "there is no stop, \(told.taskId) \(note)")
            } else {
                #expect(told.stopId == done.stopId && told.status == done.status, "\(told.taskId) \(note)")
            }
        }
    }

    @Test(arguments: [StopMode.unspecified, .auto, .graceful, .forced])
    func eachTaskIsToldAsItThenGoes(_ mode: StopMode) async throws {
        let stage = await BatchStage()
        try await addOneOfEach(to: stage)
        var request = BatchStopRequest(
            taskIds: Self.each + ["gone", "pending"], mode: mode, reason: "move", requestId: "b", dryRun: true)
        let told = try await stage.stop(request)
        #expect(told.accepted == BatchAccepted(items: 15, duplicates: 1, dryRun: true))
        #expect(told.summary == BatchSummary(counting: told.items) && told.summary?.items == 15)
        request.dryRun = false
        let done = try await stage.stop(request)
        #expect(done.accepted?.resumed == false, "the dry run kept nothing under its request's id")
        expectKept(told, by: done)
        #expect(told.last["repairing"]?.error?.reason == "REPAIR_UNDER_WAY")
        #expect(told.last["misconfigured"]?.error?.reason == "CONFIGURATION_FAILED")
        #expect(told.results["stopped"] == .alreadyStopped && told.results["gone"] == .unknownTask)
        #expect(told.results["draining"] == (mode == .forced ? .accepted : .inProgress))
        #expect(told.last["failed"]?.error?.reason == (mode == .graceful ? "TASK_ABNORMAL" : nil))
        #expect(told.last["failed"]?.modeTaken == (mode == .graceful ? .unspecified : .forced))
    }

    @Test(arguments: [false, true])
    func nothingIsWritten(isAtomic: Bool) async throws {
        let stage = await BatchStage()
        try await addOneOfEach(to: stage)
        let before = try await stage.store.states(of: Self.each)
        let revision = try await stage.store.revision()
        let told = try await stage.stop(
            BatchStopRequest(
                taskIds: ["pending", "gone"], requestId: "b", wait: true, selector: StopSelector(all: true),
                overrides: [StopOverride(taskId: "following", mode: .forced, reason: "broken")],
                atomicAccept: isAtomic, dryRun: true))
        #expect(told.items.count == 12, "those named, and every task that has not ended")
        #expect(try await stage.store.revision() == revision && stage.store.batchWrites == 0)
        #expect(try await stage.store.states(of: Self.each) == before)
        #expect(try await stage.store.batches(after: nil, limit: 10).batches.isEmpty)
        #expect(try await stage.store.request(id: "b") == nil)
        #expect(await stage.batches.count == 0, "no runner was begun")
    }

    @Test func aSelectorIsFollowedThroughAllItsPages() async throws {
        let stage = await BatchStage()
        let tasks = (0..<2_050).map { "t\($0)" }
        try await stage.add(tasks)
        try await stage.add(["late"], createdAtMs: .max)
        var request = BatchStopRequest(
            taskIds: ["t7"], requestId: "b", selector: StopSelector(nameGlob: "t*"),
            overrides: [StopOverride(taskId: "t2049", mode: .forced, reason: "broken")], dryRun: true)
        let told = try await stage.stop(request)
        #expect(told.accepted == BatchAccepted(items: 2, dryRun: true), "an override names its task")
        #expect(told.items.map(\.taskId).prefix(2) == ["t7", "t2049"])
        #expect(Set(told.items.map(\.taskId)) == Set(tasks) && told.items.count == 2_050)
        #expect(told.items.count { $0.modeTaken == .forced } == 1 && told.last["t2049"]?.modeTaken == .forced)
        request.dryRun = false
        expectKept(told, by: try await stage.stop(request))
    }

    /// All of it from a seed: tasks in any state, terms of any kind.
    @Test(arguments: 0..<20) func anyDryRunIsKept(round: UInt64) async throws {
        let seed = UInt64.random(in: 0 ..< .max) &+ round
        print("batch trial seed \(seed)")
        var random = SplitMix64(seed: seed)
        let stage = await BatchStage()
        let statuses: [TaskStatus] = [
            .creating, .createFailed, .configuration, .pendingStart, .starting, .startFailed, .fullMigration,
            .fullMigrationFailed, .incrementalMigration, .incrementalMigrationFailed, .paused, .faultRectification,
            .stopped, .completed,
        ]
        let tasks = (0..<60).map { "t\($0)" }
        for id in tasks {
            let flags = (Bool.random(using: &random), Bool.random(using: &random))
            try await stage.add([id], statuses.randomElement(using: &random) ?? .creating) { record in
                record.configurationFailed = record.status == .configuration && flags.0
                record.repairRunning = record.status == .faultRectification && flags.1
            }
        }
        let selects = Bool.random(using: &random)
        let modes: [StopMode] = [.unspecified, .auto, .graceful, .forced]
        var request = BatchStopRequest(
            taskIds: Array(tasks.shuffled(using: &random).prefix(selects ? 9 : 40)) + ["gone"],
            mode: modes.randomElement(using: &random) ?? .auto, reason: "move", requestId: "b",
            whenIllegal: Bool.random(using: &random) ? .wait : .refuse,
            selector: selects ? StopSelector(nameGlob: "t*") : nil, dryRun: true)
        request.overrides = request.taskIds.filter { _ in random.oneIn(5) }.map {
            StopOverride(taskId: $0, mode: modes.randomElement(using: &random) ?? .auto, reason: "broken")
        }
        request.atomicAccept = random.oneIn(3)
        let told = try await stage.stop(request)
        request.dryRun = false
        expectKept(told, by: try await stage.stop(request), "seed \(seed)")
    }
}
