import CutoverClient
import CutoverTestSupport
import Testing
import TestRandom

extension Integration {
    @Suite("Many clients stop the same tasks")
    struct ConcurrentStopTests {
        static let clients = 50
        static let tasks = 200
        static let kills = 4

        /// 50 clients stop overlapping sets, one by one and in batches, each with retries of the same request, while the server is
        /// killed and started again. What they were told must fit one history.
        @Test func everyoneIsToldOfTheSameStop() async throws {
            let seed = UInt64.random(in: 0 ..< .max)
            print("seed \(seed)")
            let cutoverd = try await CutoverdProcess()
            let setup = try cutoverd.client()
            var tasks: [String] = []
            for index in 0..<Self.tasks { tasks.append(try await setup.createTask(named: "task \(index)").id) }
            let ids = tasks
            let history = StopHistory()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<Self.clients {
                    let endpoint = cutoverd.endpoint
                    group.addTask {
                        var random = SplitMix64(seed: seed &+ UInt64(number))
                        let client = try CutoverClient(endpoint: endpoint)
                        let mine = ids.filter { _ in UInt8.random(in: 0..<100, using: &random) < 30 }
                        if number.isMultiple(of: 5) {
                            try await Self.batch(mine.shuffled(using: &random), number, client, history)
                        } else {
                            try await Self.single(mine.shuffled(using: &random), number, client, history, &random)
                        }
                        await client.close()
                    }
                }
                var random = SplitMix64(seed: seed &- 1)
                for _ in 0..<Self.kills {
                    try await Task.sleep(for: .milliseconds(Int.random(in: 20...300, using: &random)))
                    try await cutoverd.crash()
                    try await cutoverd.startAgain()
                }
                try await group.waitForAll()
            }
            let checker = try await Self.checker(history, ids, setup)
            let violations = checker.violations()
            #expect(violations.isEmpty, "\(violations.prefix(20).joined(separator: "\n"))")
            let answered = checker.operations.count { $0.returnedAt != nil }
            let retried = checker.operations.count - Set(checker.operations.map { $0.requestID + $0.taskID }).count
            print("\(checker.operations.count) operations, \(answered) answered, \(retried) retries")
            #expect(retried > 0, "the schedule must have made retries")
            await setup.close()
        }

        /// Stops one task after the other; each request is sent until it was answered, and sometimes once more.
        private static func single(
            _ ids: [String], _ number: Int, _ client: CutoverClient, _ history: StopHistory,
            _ random: inout SplitMix64
        ) async throws {
            for id in ids {
                let request = StopTaskRequest(
                    taskId: id, mode: .auto, reason: "client \(number)",
                    requestId: "c\(number)-\(id)".prefix(64).description)
                var answers = 0
                let wanted = UInt8.random(in: 0..<10, using: &random) == 0 ? 2 : 1
                for _ in 0..<200 where answers < wanted {
                    var operation = StopOperation(
                        client: number, requestID: request.requestId, fingerprint: request.reason, taskID: id,
                        invokedAt: history.invoke())
                    do {
                        let response = try await client.stopTask(request, timeoutMs: 3_000)
                        operation.result = response.result
                        operation.stopID = response.stop?.id ?? ""
                        operation.acceptedFor = response.stop?.requestId ?? ""
                        operation.receiptSequence = response.receipt?.sequence ?? 0
                        operation.receiptHash = response.receipt?.hash ?? []
                        history.record(operation, isAnswered: true)
                        answers += 1
                    } catch {
                        history.record(operation, isAnswered: false)
                        try await Task.sleep(for: .milliseconds(20))
                    }
                }
                #expect(answers == wanted, "client \(number) was never answered about \(id)")
            }
        }

        /// One batch; sent again whole under the same id when its stream broke for good, and once more at the end.
        private static func batch(
            _ ids: [String], _ number: Int, _ client: CutoverClient, _ history: StopHistory
        ) async throws {
            let request = BatchStopRequest(
                taskIds: ids, reason: "batch \(number)", requestId: "batch-\(number)", wait: true)
            var summaries = 0
            for _ in 0..<50 where summaries < 2 {
                let invokedAt = history.invoke()
                var items: [String: BatchItem] = [:]
                var summary: BatchSummary?
                do {
                    for try await event in client.batchStop(request) {
                        if let item = event.item { items[item.taskId] = item }
                        summary = event.summary ?? summary
                    }
                } catch {
                    try await Task.sleep(for: .milliseconds(20))
                }
                for (id, item) in items {
                    history.record(
                        StopOperation(
                            client: number, requestID: request.requestId, fingerprint: request.reason, taskID: id,
                            invokedAt: invokedAt, result: item.result, stopID: item.stopId), isAnswered: true)
                }
                guard let summary else { continue }
                summaries += 1
                #expect(Int(summary.items) == ids.count)
                #expect(summary.stopped == items.values.count { $0.result == .stopped })
                #expect(summary.alreadyStopped == items.values.count { $0.result == .alreadyStopped })
            }
            #expect(summaries == 2, "the batch of client \(number) never ended")
        }

        private static func checker(
            _ history: StopHistory, _ ids: [String], _ client: CutoverClient
        ) async throws -> StopHistoryChecker {
            let asked = Set(history.operations.map(\.taskID))
            var final: [String: Stop] = [:]
            for id in ids where asked.contains(id) { final[id] = try await client.getStop(taskID: id).stop }
            var audit: [AuditRecord] = []
            for try await event in client.readAudit(afterSequence: 0) {
                if let record = event.record { audit.append(record) }
            }
            return StopHistoryChecker(operations: history.operations, audit: audit, final: final)
        }
    }
}
