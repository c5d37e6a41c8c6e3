import ArgumentParser
import CutoverConsole
import Foundation
import Synchronization

/// Starts this command several times, lets all begin at the same moment, and merges their reports.
struct ChildRuns: Sendable {
    /// The arguments of each child, without those that its parent adds.
    var arguments: [[String]]
    var console: Console

    /// What a child writes when its tasks are prepared; it begins when a line comes.
    static let readyLine = "ready"

    /// In a child: says that it is prepared and waits for its parent.
    static func waitForParent(_ console: Console) async throws {
        console.printLines([readyLine])
        let line = await withCheckedContinuation { continuation in
            // Reading blocks, so it has a thread of its own.
            Thread { continuation.resume(returning: console.readLine()) }.start()
        }
        guard line != nil else { throw CancellationError() }
    }

    /// Runs the children until each has ended.
    ///
    /// - Throws: ``UsageProblem`` when one cannot be started, `ExitCode` with the status of the first that failed.
    func run(_ signals: InterruptSignals) async throws -> LoadReport {
        let folder = FileManager.default.temporaryDirectory.appending(path: "cutover-load-\(RunName.make())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let children = arguments.enumerated().map { number, arguments in
            ChildRun(report: folder.appending(path: "\(number).json"), arguments: arguments)
        }
        let count = children.count
        // Children are process groups of their own: what a terminal sends does not reach them, so it is handed on.
        let interrupt: @Sendable () -> Void = { for child in children { child.interrupt() } }
        signals.onInterrupt(first: interrupt, second: [], beforeExit: interrupt)
        do {
            for child in children { try child.start() }
        } catch {
            children.forEach { $0.interrupt() }
            throw UsageProblem("a process could not be started: \((error as NSError).localizedDescription)")
        }
        await Self.each(children) { await $0.waitUntilReady() }
        for child in children { child.begin() }
        await Self.each(children) { await $0.waitUntilEnded() }
        let reports = children.compactMap { try? ReportFile.load($0.report.path) }
        guard reports.count == count, let merged = LoadReport.merging(reports) else {
            let status = children.map(\.status).first { $0 != 0 } ?? CommandStatus.internalError.rawValue
            console.printErrorLines(["cutover-load: \(count - reports.count) of \(count) processes gave no results"])
            throw ExitCode(status)
        }
        return merged
    }

    private static func each(_ children: [ChildRun], _ body: @escaping @Sendable (ChildRun) async -> Void) async {
        await withDiscardingTaskGroup { group in
            for child in children { group.addTask { await body(child) } }
        }
    }
}
