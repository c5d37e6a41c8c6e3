import CutoverModel
import CutoverRPC
@testable import CutoverServer
import CutoverTasks
import Testing

/// What a batch may not ask for: each refused with the field's name and a way out, before anything was done.
@Suite struct BatchValidationTests {
    private static let long = String(repeating: "x", count: 65)
    private static func ids(_ count: Int) -> [String] { (0..<count).map { "t\($0)" } }

    static let refused: [(request: BatchStopRequest, says: String)] = [
        (BatchStopRequest(), "task_ids is empty, and there is no selector"),
        (BatchStopRequest(taskIds: ids(100_001)), "task_ids: at most 100000"),
        (BatchStopRequest(taskIds: ["a", ""]), "task_ids is missing"),
        (BatchStopRequest(taskIds: [long]), "task_ids must be 1 to 64 printable"),
        (BatchStopRequest(taskIds: ["a b"]), "task_ids must be 1 to 64 printable"),
        (BatchStopRequest(taskIds: ["a"], requestId: "b\u{0}"), "request_id must be 1 to 64 printable"),
        (BatchStopRequest(taskIds: ["a"], requestId: long), "request_id must be 1 to 64 printable"),
        (BatchStopRequest(taskIds: ["a"], mode: .unrecognized(9)), "mode: 9 is not known"),
        (BatchStopRequest(taskIds: ["a"], onDeadline: .unrecognized(9)), "on_deadline: 9 is not known"),
        (BatchStopRequest(taskIds: ["a"], whenIllegal: .unrecognized(9)), "when_illegal: 9 is not known"),
        (BatchStopRequest(taskIds: ["a"], reason: "a\nb"), "reason must be at most 2000 bytes without control"),
        (
            BatchStopRequest(taskIds: ["a"], drainTo: DrainTarget(point: .gtid, gtid: "nonsense")),
            "drain_to.gtid must be a GTID position"
        ),
        (
            BatchStopRequest(taskIds: ["a"], mode: .forced, reason: "x", drainTo: DrainTarget(point: .time, timeMs: 1)),
            "drain_to: a forced stop drains nothing"
        ),
        (BatchStopRequest(selector: StopSelector()), "selector has no condition"),
        (BatchStopRequest(selector: StopSelector(statuses: [.unrecognized(77)])), "selector.statuses: 77 is not known"),
        (
            BatchStopRequest(selector: StopSelector(nameGlob: String(repeating: "*", count: 201))),
            "selector.name_glob must be at most 200 bytes"
        ),
        (BatchStopRequest(selector: StopSelector(labels: [TaskLabel(value: "x")])), "labels.key is missing"),
        (
            BatchStopRequest(
                selector: StopSelector(labels: [TaskLabel(key: "k", value: "1"), TaskLabel(key: "k", value: "2")])),
            "labels: a key is given twice"
        ),
        (BatchStopRequest(taskIds: ["a"], maxParallel: 10_001), "max_parallel must be 1 to 10000"),
        (BatchStopRequest(taskIds: ["a"], maxParallel: 2, atomicAccept: true), "does not go with max_parallel"),
        (BatchStopRequest(taskIds: ["a"], stopAfterFailures: 2, atomicAccept: true), "or stop_after_failures"),
        (BatchStopRequest(taskIds: ids(10_001), atomicAccept: true), "task_ids: at most 10000 with atomic_accept"),
    ]

    static let refusedOverrides: [(request: BatchStopRequest, says: String)] = [
        (
            BatchStopRequest(taskIds: ["a"], overrides: ids(10_001).map { StopOverride(taskId: $0) }),
            "overrides: at most 10000"
        ),
        (BatchStopRequest(taskIds: ["a"], overrides: [StopOverride()]), "overrides.task_id is missing"),
        (
            BatchStopRequest(taskIds: ["a"], overrides: [StopOverride(taskId: "a"), StopOverride(taskId: "a")]),
            "overrides: a task is given twice"
        ),
        (
            BatchStopRequest(taskIds: ["a"], overrides: [StopOverride(taskId: "a", mode: .unrecognized(9))]),
            "mode: 9 is not known"
        ),
        (
            BatchStopRequest(
                taskIds: ["a"],
                overrides: [
                    StopOverride(
                        taskId: "a", mode: .forced, reason: "x", drainTo: DrainTarget(point: .gtid, gtid: "0-1-1"))
                ]), "drain_to: a forced stop drains nothing"
        ),
    ]

    @Test(arguments: refused.indices) func badRequestsSayWhatIsWrong(_ index: Int) async throws {
        try await expectRefused(Self.refused[index])
    }

    @Test(arguments: refusedOverrides.indices) func badOverridesSayWhatIsWrong(_ index: Int) async throws {
        try await expectRefused(Self.refusedOverrides[index])
    }

    private func expectRefused(_ bad: (request: BatchStopRequest, says: String)) async throws {
        let stage = await BatchStage()
        try await stage.add(["a"])
        for dryRun in [false, true] {
            var request = bad.request
            request.dryRun = dryRun
            let error = try #require(try await stage.refusal(of: request), "\(bad.says)")
            #expect(error.status == .invalidArgument && error.reason == "INVALID_FIELD")
            #expect(error.message.contains(bad.says), "\(error.message)")
        }
        #expect(stage.store.batchWrites == 0)
        #expect(try await stage.status("a") == .pendingStart)
    }

    @Test(arguments: [
        BatchStopRequest(taskIds: ["a"], mode: .forced), BatchStopRequest(taskIds: ["a"], mode: .forced, reason: "  "),
        BatchStopRequest(taskIds: ["a"], onDeadline: .force),
        BatchStopRequest(taskIds: ["a"], overrides: [StopOverride(taskId: "a", mode: .forced)]),
        BatchStopRequest(taskIds: ["a"], overrides: [StopOverride(taskId: "a", onDeadline: .force)]),
    ])
    func whatMayBeForcedNeedsAReason(_ request: BatchStopRequest) async throws {
        let stage = await BatchStage()
        try await stage.add(["a"], .incrementalMigration)
        let error = try await stage.refusal(of: request)
        #expect(error?.status == .invalidArgument && error?.reason == "REASON_REQUIRED")
        #expect(try await stage.status("a") == .incrementalMigration)
    }

    @Test func theLimitsThemselvesAreTaken() throws {
        let most = Self.ids(100_000)
        try BatchValidation.check(BatchStopRequest(taskIds: most, maxParallel: 10_000, stopAfterFailures: .max))
        try BatchValidation.check(BatchStopRequest(taskIds: Self.ids(10_000), atomicAccept: true))
        try BatchValidation.check(
            BatchStopRequest(taskIds: most, overrides: most.prefix(10_000).map { StopOverride(taskId: $0) }))
        try BatchValidation.check(
            BatchStopRequest(
                taskIds: [String(repeating: "~", count: 64)], requestId: String(repeating: "!", count: 64),
                selector: StopSelector(nameGlob: String(repeating: "*", count: 200))))
    }

    // MARK: - Overrides and the tasks that they are for

    @Test(arguments: [false, true]) func anOverrideNeedsItsTaskInTheBatch(isAtomic: Bool) async throws {
        let stage = await BatchStage()
        try await stage.add(["a", "shop-1", "shop-2"])
        try await stage.add(["shop-late"], createdAtMs: .max)
        try await stage.add(["shop-ended"], .stopped)
        let selector = StopSelector(nameGlob: "shop-*")
        let wrong: [(StopSelector?, String)] = [
            (nil, "shop-1"), (selector, "b"), (selector, "gone"), (selector, "shop-late"), (selector, "shop-ended"),
        ]
        for (selector, id) in wrong {
            for dryRun in [false, true] {
                let error = try await stage.refusal(
                    of: BatchStopRequest(
                        taskIds: ["a"], requestId: "b", selector: selector, overrides: [StopOverride(taskId: id)],
                        atomicAccept: isAtomic, dryRun: dryRun))
                #expect(error?.status == .invalidArgument && error?.reason == "INVALID_FIELD", "\(id)")
                #expect(error?.message.contains("neither among task_ids nor selected") == true, "\(id)")
                #expect(error?.details == [ErrorDetail(key: "task_id", value: id)])
            }
        }
        #expect(stage.store.batchWrites == 0)
        #expect(try await stage.status("a") == .pendingStart)
    }

    @Test func overriddenTasksCountAmongThoseNamed() async throws {
        let stage = await BatchStage()
        try await stage.add(["x"])
        let error = try await stage.refusal(
            of: BatchStopRequest(
                taskIds: Self.ids(100_000), selector: StopSelector(all: true), overrides: [StopOverride(taskId: "x")]))
        #expect(error?.message.contains("task_ids and overrides: at most 100000 tasks") == true)
    }

    /// Each field of an override, on what the batch says; what is left out is the batch's.
    @Test func everyTermCanBeOverridden() async throws {
        let stage = await BatchStage()
        let tasks = ["named", "selected"]
        try await stage.add(tasks + ["other"], .incrementalMigration)
        let override = StopOverride(
            reason: "its own", drainTo: DrainTarget(point: .applied), drainDeadlineMs: 7_000,
            onDeadline: .stopUndrained, requireAllObjects: true)
        _ = try await stage.stop(
            BatchStopRequest(
                taskIds: ["named"], reason: "all", requestId: "b", drainDeadlineMs: 9_000,
                drainTo: DrainTarget(point: .current), onDeadline: .force, selector: StopSelector(all: true),
                overrides: tasks.map { id in
                    var override = override
                    override.taskId = id
                    return override
                }))
        for id in tasks + ["other"] {
            let stop = try #require(try await stage.store.state(of: id)?.stop)
            let isOther = id == "other"
            #expect(stop.reason == (isOther ? "all" : "its own"))
            #expect(stop.drainTo?.point == (isOther ? .current : .applied))
            #expect(stop.drainDeadlineMs == (isOther ? 9_000 : 7_000))
            #expect(stop.onDeadline == (isOther ? .force : .stopUndrained))
            #expect(stop.requireAllObjects == !isOther)
        }
    }
}
