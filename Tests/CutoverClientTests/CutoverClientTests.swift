import CutoverModel
import CutoverRPC
import Testing

@testable import CutoverClient

@Suite struct CutoverClientTests {
    /// The example of the documentation, as it stands there.
    private func example(_ client: CutoverClient, _ taskID: String) async throws -> (
        StopPlan, StopTaskResponse, Receipt?
    ) {
        let plan = try await client.planStop(taskID)
        let stop = try await client.stopTask(taskID, reason: "cut-over of shop", planHash: plan.planHash)
        for try await event in client.watchTasks([taskID]) where event.stop?.hasEnded == true { break }
        let receipt = try await client.getStop(taskID: taskID).receipt
        return (plan, stop, receipt)
    }

    @Test func theExampleOfTheDocumentationWorks() async throws {
        let server = ScriptedServer(
            stop: { _, request in
                StopTaskResponse(result: .accepted, stop: Stop(taskId: request.taskId, phase: .accepted))
            },
            watch: { _, _, writer in
                for phase in [StopPhase.draining, .stopped] {
                    try await writer.write(WatchEvent(task: MigrationTask(), stop: Stop(phase: phase)))
                }
            })
        try await server.run { client, _ in
            let (plan, stop, receipt) = try await example(client, "t1")
            #expect(plan.legal)
            #expect(stop.result == .accepted)
            #expect(receipt?.sequence == 1)
            #expect(server.stops.first?.reason == "cut-over of shop")
            #expect(server.watches.first?.taskIds == ["t1"])
        }
    }

    @Test func aRequestIdIsMadeAndKeptOverRetries() async throws {
        let server = ScriptedServer(stop: { call, request in
            guard call > 2 else { throw RPCError(.unavailable, "busy", isNotExecuted: true, retryAfterMs: 1) }
            return StopTaskResponse(result: .accepted, stop: Stop(requestId: request.requestId))
        })
        try await server.run { client, _ in
            let response = try await client.stopTask("t1")
            let ids = server.stops.map(\.requestId)
            #expect(ids.count == 3)
            #expect(Set(ids).count == 1)
            #expect(response.stop?.requestId == ids.first)
            #expect(try #require(ids.first).wholeMatch(of: Self.uuid) != nil)
            _ = try await client.stopTask("t1")
            #expect(server.stops.last?.requestId != ids.first)
        }
    }

    @Test func aGivenRequestIdIsSent() async throws {
        let server = ScriptedServer(stop: { _, _ in StopTaskResponse() })
        try await server.run { client, _ in
            _ = try await client.stopTask("t1", requestID: "mine")
            _ = try await client.createTask(named: "shop", requestID: "mine too")
            #expect(server.stops.map(\.requestId) == ["mine"])
            #expect(server.creates.map(\.requestId) == ["mine too"])
        }
    }

    @Test func aPlanHasTheTermsOfItsStop() async throws {
        let server = ScriptedServer()
        try await server.run { client, _ in
            let request = PlanStopRequest(
                taskId: "t1", mode: .graceful, drainDeadlineMs: 5, drainTo: DrainTarget(point: .applied),
                onDeadline: .stopUndrained, whenIllegal: .wait)
            _ = try await client.planStop(request)
            _ = try await client.planStop("t1", mode: .forced)
            #expect(server.plans == [request, PlanStopRequest(taskId: "t1", mode: .forced)])
        }
    }

    @Test func withdrawingAndFinishingCarryRequestIds() async throws {
        let server = ScriptedServer()
        try await server.run { client, _ in
            #expect(try await client.cancelStop(taskID: "t1", reason: "r").result == .withdrawn)
            _ = try await client.cancelStop(CancelStopRequest(stopId: "s1", requestId: "mine"))
            _ = try await client.finishResidue(FinishResidueRequest(taskId: "t1"))
            #expect(server.cancels.map(\.taskId) == ["t1", ""])
            #expect(server.cancels.last == CancelStopRequest(stopId: "s1", requestId: "mine"))
            let made = [server.cancels.first?.requestId, server.finishes.first?.requestId]
            for id in made { #expect(try #require(id).wholeMatch(of: Self.uuid) != nil) }
        }
    }

    @Test func aLostServerIsFoundAgain() async throws {
        let server = ScriptedServer(stop: { _, _ in StopTaskResponse(result: .accepted) })
        try await server.run { client, handle in
            #expect(try await client.checkHealth() == .serving)
            await handle.stop()
            try await handle.start()
            #expect(try await client.stopTask("t1").result == .accepted)
        }
    }

    @Test func refusalsKeepTheirReason() async throws {
        let server = ScriptedServer(stop: { _, _ in
            throw RPCError(
                .failedPrecondition, "The task has ended.", reason: "TASK_STOPPED",
                details: [ErrorDetail(key: "status", value: "STOPPED")])
        })
        try await server.run { client, _ in
            let error = await #expect(throws: CutoverError.self) { try await client.stopTask("t1") }
            #expect(error?.code == .rejected)
            #expect(error?.reason == "TASK_STOPPED")
            #expect(error?.details == [ErrorDetail(key: "status", value: "STOPPED")])
            #expect(error?.isRetriable == false)
            #expect(error?.description == "rejected (TASK_STOPPED): The task has ended.")
            #expect(server.stops.count == 1)
        }
    }

    @Test func aServerThatIsNotThereIsUnavailable() async throws {
        var configuration = CutoverClient.Configuration()
        configuration.attemptsLimit = 1
        let client = try CutoverClient(endpoint: "unix:/nonexistent/cutover.sock", configuration: configuration)
        let error = await #expect(throws: CutoverError.self) { try await client.checkHealth() }
        #expect(error?.code == .unavailable)
        #expect(error?.isRetriable == true)
        await client.close()
    }

    @Test func anAnswerThatDoesNotComeIsADeadline() async throws {
        let server = ScriptedServer(stop: { _, _ in
            try await Task.sleep(for: .seconds(60))
            return StopTaskResponse()
        })
        try await server.run { client, _ in
            let error = await #expect(throws: CutoverError.self) { try await client.stopTask("t1", timeoutMs: 50) }
            #expect(error?.code == .deadlineExceeded)
        }
    }

    static var uuid: Regex<Substring> { /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/ }
}
