import CutoverClient
import CutoverTestSupport
import Foundation
import Testing

@testable import cutover_load

extension Integration {
    @Suite("The load test tool against a server process")
    struct LoadToolTests {
        /// A workload, the method that it calls, and how many calls of that the clean-up makes.
        @Test(
            arguments: [
                ("echo", "Echo/Echo", 0), ("get", "TaskService/GetTask", 0), ("list", "TaskService/ListTasks", 1),
                ("plan", "StopService/PlanStop", 0), ("stop", "StopService/StopTask", 0),
                ("batch-stop", "BatchStopService/BatchStop", 0), ("watch", "StopService/StopTask", 0),
            ] as [(String, String, UInt64)])
        func everyCallIsOneThatTheServerServed(workload: String, method: String, extra: UInt64) async throws {
            let cutoverd = try await CutoverdProcess()
            let tool = LoadTool(cutoverd: cutoverd)
            let run = try await tool.run(
                "--workload \(workload) --rate 100 --duration 300ms --warm-up 200ms --tasks 120 --batch-size 2 "
                    + "--watchers 3 --connections 2")
            #expect(run.status == 0, "\(run.output)")
            let report = try #require(run.report)
            let operation = try #require(report.operations.first { $0.name == workload })
            let measured = operation.latency.calls.reduce(0, +)
            #expect(measured == 30)
            #expect(operation.unmeasured == 20)
            #expect(try await tool.answered(method) == measured + operation.unmeasured + extra)
            if workload == "watch" {
                let deliveries = try #require(report.operations.first { $0.name == "delivery" })
                #expect(deliveries.latency.calls.reduce(0, +) == 90)
                #expect(deliveries.unmeasured == 60)
                #expect(deliveries.failures.isEmpty)
            }
            try await expectStops(
                cutoverd, workload == "batch-stop" ? 100 : workload == "stop" || workload == "watch" ? 50 : 0)
        }

        /// So many tasks were stopped, and none is left.
        private func expectStops(_ cutoverd: CutoverdProcess, _ count: Int) async throws {
            let client = try cutoverd.client()
            var records = 0
            for try await event in client.readAudit() where event.record != nil { records += 1 }
            #expect(records == count)
            #expect(try await client.listTasks().tasks.isEmpty)
            await client.close()
        }

        @Test func aMixOfTwoProcessesIsOneReport() async throws {
            let cutoverd = try await CutoverdProcess()
            let tool = LoadTool(cutoverd: cutoverd)
            let run = try await tool.run(
                "--workload get=3,stop=1 --rate 200 --duration 500ms --warm-up 0s --processes 2 --connections 2")
            #expect(run.status == 0, "\(run.output)")
            let report = try #require(run.report)
            #expect(report.processes == 2)
            #expect(report.title == "get 3, stop 1, open loop 200/s")
            #expect(report.terms.rate == 200)
            #expect(report.succeeded == 100)
            let calls = report.operations.map { $0.latency.calls.reduce(0, +) }
            #expect(calls.count == 2)
            #expect(try await tool.answered("TaskService/GetTask") == calls.first)
            #expect(try await tool.answered("StopService/StopTask") == calls.last)
            try await expectStops(cutoverd, Int(calls.last ?? 0))
        }

        @Test func aClosedLoopEndsWithItsTasks() async throws {
            let cutoverd = try await CutoverdProcess()
            let run = try await LoadTool(cutoverd: cutoverd).run(
                "--workload stop --tasks 37 --duration 60s --warm-up 0s")
            #expect(run.status == 0, "\(run.output)")
            let report = try #require(run.report)
            #expect(report.end == .tasksUsedUp)
            #expect(report.succeeded == 37)
            try await expectStops(cutoverd, 37)
        }

        @Test func ctrlCEndsTheRunAndTakesTheTasksAway() async throws {
            let cutoverd = try await CutoverdProcess()
            let tool = LoadTool(cutoverd: cutoverd)
            let output = "\(cutoverd.folder)/interrupted"
            // The shell becomes the tool, so that the signal reaches it.
            let child = try tool.start(
                "exec cutover-load run --workload get --tasks 50 --rate 100 --duration 600s --warm-up 0s",
                output: output)
            let deadline = ContinuousClock.now + .seconds(60)
            while try await tool.answered("TaskService/GetTask") < 20, child.isRunning {
                try #require(ContinuousClock.now < deadline)
                try await Task.sleep(for: .milliseconds(20))
            }
            child.signal(SIGINT)
            #expect(try await child.wait(seconds: 60))
            let text = try LoadTool.text(output)
            #expect(text.contains("INTERRUPTED"), "\(text)")
            let served = try await tool.answered("TaskService/GetTask")
            #expect(text.contains("Calls        \(served)\n"), "\(text)")
            try await expectStops(cutoverd, 0)
        }

        @Test func whatARunLeftBehindIsCleaned() async throws {
            let cutoverd = try await CutoverdProcess()
            let client = try cutoverd.client()
            let prepared = PreparedTasks(run: "left", clients: [client], databases: nil)
            _ = try await prepared.make(25) { _ in }
            _ = try await PreparedTasks(run: "other", clients: [client], databases: nil).make(3) { _ in }
            _ = try await client.createTask(named: "somebody's")
            let tool = LoadTool(cutoverd: cutoverd)
            let one = try await tool.shell("cutover-load clean --run left")
            #expect(one.output == "25 tasks taken away.\n")
            let all = try await tool.shell("cutover-load clean")
            #expect(all.output == "3 tasks taken away.\n")
            #expect(try await client.listTasks().tasks.map(\.name) == ["somebody's"])
            await client.close()
        }

        @Test func realDatabasesAreMigratedAndStopped() async throws {
            let fixture = try await MigrationFixture()
            let tool = LoadTool(cutoverd: fixture.cutoverd)
            let script = "\(fixture.cutoverd.folder)/databases.sql"
            #expect(try await tool.shell("cutover-load databases 2 --rows 10 > \(script)").status == 0)
            try await fixture.load(script)
            let source = "--source-host 127.0.0.1 --source-port \(fixture.source.port) --source-user root"
            let destination =
                "--destination-host 127.0.0.1 --destination-port \(fixture.destination.port) --destination-user root"
            let run = try await tool.run(
                "--workload watch --watchers 2 --databases 2 \(source) \(destination) --in-flight 1 --warm-up 0s")
            #expect(run.status == 0, "\(run.output)")
            let report = try #require(run.report)
            #expect(report.succeeded == 2)
            #expect(report.end == .tasksUsedUp)
            #expect(report.terms.migratesDatabases)
            // Such a task is STOPPING before it is STOPPED: each watcher is told of two changes, and only the first counts.
            let deliveries = try #require(report.operations.first { $0.name == "delivery" })
            #expect(deliveries.latency.calls.reduce(0, +) == 4)
            try await expectStops(fixture.cutoverd, 2)
            for number in 0..<2 {
                let rows = "SELECT COUNT(*) FROM `\(RealDatabases.name(number))`.item"
                #expect(try await fixture.destination.value(rows) == "10")
            }
        }

        /// Every command of the tool's README, in its order, with short times.
        @Test func theCommandsOfTheReadmeRun() async throws {
            let cutoverd = try await CutoverdProcess()
            let tool = LoadTool(cutoverd: cutoverd)
            let readme = try String(
                contentsOfFile: MigrationFixture.repository + "/Clients/Load/README.md", encoding: .utf8)
            var count = 0
            for block in readme.components(separatedBy: "```sh\n").dropFirst() {
                let lines = (block.components(separatedBy: "```").first ?? "").split(separator: "\n")
                for line in lines where !line.contains("mariadb") && !line.contains("build") {
                    let quick = line.replacing(/--duration \S+/, with: "--duration 200ms")
                        .replacing(/--warm-up \S+/, with: "--warm-up 50ms").replacing(/--rate \d+/, with: "--rate 100")
                        .replacing(/--p99 \S+ --start-rate \d+/, with: "--p99 60s --start-rate 50 --max-rate 100")
                    let run = try await tool.shell(String(quick))
                    #expect(run.status == 0, "\(quick)\n\(run.output)")
                    count += 1
                }
            }
            #expect(count >= 8)
        }
    }
}
