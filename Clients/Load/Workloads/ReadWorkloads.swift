import CutoverClient

/// Sends bytes and takes them back: the cost of the protocol alone.
struct EchoWorkload: Workload {
    let operation = "echo"
    var payload: [UInt8]

    func call(_ call: LoadCall) async throws(CutoverError) -> CallResult {
        let answer = try await call.client.echo(payload)
        return answer.count == payload.count
            ? .done(items: 1) : .refused(CallFailure(status: "wrong answer", reason: "ECHO_DIFFERS"))
    }
}

/// Reads one of the prepared tasks.
struct GetWorkload: Workload {
    let operation = "get"
    var ids: [String]

    func call(_ call: LoadCall) async throws(CutoverError) -> CallResult {
        _ = try await call.client.getTask(ids[LoadedChoice.index(of: call.number, below: ids.count)])
        return .done(items: 1)
    }
}

/// Reads the first page of the list of all tasks.
struct ListWorkload: Workload {
    let operation = "list"
    var pageSize: UInt32

    func call(_ call: LoadCall) async throws(CutoverError) -> CallResult {
        let page = try await call.client.listTasks(ListTasksRequest(pageSize: pageSize))
        return .done(items: UInt64(page.tasks.count))
    }
}

/// Asks what a stop of one of the prepared tasks would do.
struct PlanWorkload: Workload {
    let operation = "plan"
    var ids: [String]

    func call(_ call: LoadCall) async throws(CutoverError) -> CallResult {
        _ = try await call.client.planStop(ids[LoadedChoice.index(of: call.number, below: ids.count)])
        return .done(items: 1)
    }
}

/// Which of several things a call is about: any, but the same for the same call.
enum LoadedChoice {
    static func index(of number: UInt64, below count: Int) -> Int {
        Int(OperationMix.scatter(number ^ 0xC0FF_EE00) % UInt64(max(1, count)))
    }
}
