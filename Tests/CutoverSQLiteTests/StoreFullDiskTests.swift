import CutoverModel
import CutoverSQLite
import CutoverTasks
import Foundation
import Testing

/// On a disk that is really full: a small file system in memory, which takes the rights of root to mount.
@Suite(.serialized) struct StoreFullDiskTests {
    private func withSmallDisk(_ body: (String) async throws -> Void) async throws {
        try await withFolder { folder in
            let disk = folder + "/disk"
            try FileManager.default.createDirectory(atPath: disk, withIntermediateDirectories: false)
            let (status, lines) = try await WorkerProcess.run(
                "/bin/mount", ["-t", "tmpfs", "-o", "size=8m", "tmpfs", disk], folder: folder)
            try #require(status == 0, "run this test as root, it mounts a small disk: \(lines.joined(separator: " "))")
            let outcome: Result<Void, any Error>
            do {
                outcome = .success(try await body(disk))
            } catch {
                outcome = .failure(error)
            }
            let (unmounted, why) = try await WorkerProcess.run("/bin/umount", [disk], folder: folder)
            #expect(unmounted == 0, "\(why.joined(separator: " "))")
            try outcome.get()
        }
    }

    private func grow(_ disk: String) async throws {
        let (status, lines) = try await WorkerProcess.run(
            "/bin/mount", ["-o", "remount,size=64m", disk], folder: (disk as NSString).deletingLastPathComponent)
        #expect(status == 0, "\(lines.joined(separator: " "))")
    }

    private func large(_ id: String, _ status: TaskStatus = .configuration) -> TaskWrite {
        write(id, status) { $0.spec = TaskSpec(databases: [String(repeating: "x", count: 20_000)]) }
    }

    /// Writes from several callers until the disk is full, and for some calls more.
    private func fill(_ store: SQLiteTaskStore) async -> (written: [String], codes: Set<String>) {
        await withTaskGroup(of: (String, TaskStoreError.Code?).self) { group in
            for index in 0..<600 {
                group.addTask { (("t\(index)"), await code { try await store.apply([self.large("t\(index)")]) }) }
            }
            var written: [String] = []
            var codes: Set<String> = []
            for await (id, code) in group {
                if let code { codes.insert("\(code)") } else { written.append(id) }
            }
            return (written, codes)
        }
    }

    @Test(
        "A full disk refuses writes, loses nothing, and takes writes again once there is room", .timeLimit(.minutes(2)))
    func withoutReserve() async throws {
        try await withSmallDisk { disk in
            let store = try SQLiteTaskStore(options: options(disk))
            let (written, codes) = await fill(store)
            #expect(codes == ["full"] && written.count > 20)
            #expect(await code { try await store.apply([large("late")]) } == .full)
            #expect(store.statistics.refusedFull > 0)
            #expect(try await store.states(of: written).allSatisfy { $0 != nil })
            let before = try await store.revision()
            try await grow(disk)
            let outcomes = try await store.apply([large("late"), sealing("s")])
            #expect(outcomes.map { $0.revision } == [before + 1, before + 1])
            await store.close()
            let again = try SQLiteTaskStore(options: options(disk))
            #expect(try await again.states(of: written + ["late"]).allSatisfy { $0 != nil })
            #expect(try await again.verifyAudit().problem == nil)
            await again.close()
        }
    }

    /// A batch with one page, and the stops of its tasks one group after the other: the last page that was acknowledged.
    private func stopGroups(
        _ store: SQLiteTaskStore, _ ids: [String], of id: String
    ) async throws -> (openPage: UInt32, code: TaskStoreError.Code?) {
        var revision: UInt64 = 0
        var openPage: UInt32 = 0
        let states = try await store.states(of: ids).compactMap { $0 }
        let text = String(repeating: "y", count: 100_000)
        for (index, state) in states.enumerated() {
            var stop = accepting(state.record.id, batch: id, expected: state.record.revision)
            stop.stop?.reason = text
            let write = batch(
                id, expected: revision, pages: [page([state.record.id], of: id, index: UInt32(index), .accepted)],
                openPage: UInt32(index) + 1)
            do {
                let outcome = try await store.apply(write, with: [stop], atomically: index % 2 == 0)
                revision = try #require(outcome.revision)
                openPage = UInt32(index) + 1
            } catch let error as TaskStoreError {
                return (openPage, error.code)
            }
        }
        return (openPage, nil)
    }

    @Test(
        "On a full disk a group of a batch is written whole, from the reserve, or not at all", .timeLimit(.minutes(2)))
    func batchGroups() async throws {
        try await withSmallDisk { disk in
            let store = try SQLiteTaskStore(
                options: options(disk) {
                    $0.ballastBytes = 3 << 20
                    $0.idleDelayMs = 20
                })
            let (written, codes) = await fill(store)
            #expect(codes == ["full"])
            #expect(store.statistics.isLowOnSpace)
            // The writer becomes idle meanwhile: its checkpoint must not eat the reserve.
            try await Task.sleep(for: .milliseconds(200))
            let (openPage, code) = try await stopGroups(store, written, of: "b")
            #expect(openPage > 3, "the reserve takes batches")
            #expect(code == .full)
            try await check(store, written, openPage)
            try await grow(disk)
            let revision = try #require(try await store.batch(id: "b")?.batch?.revision)
            #expect(try await store.apply(batch("b", expected: revision), with: [], atomically: true).revision != nil)
            await store.close()
            let again = try SQLiteTaskStore(options: options(disk))
            try await check(again, written, 0)
            await again.close()
        }
    }

    /// - Parameter openPage: what the batch's record says.
    private func check(_ store: SQLiteTaskStore, _ ids: [String], _ openPage: UInt32) async throws {
        #expect(try await store.batch(id: "b")?.openPage == openPage)
        for (index, state) in try await store.states(of: ids).enumerated() {
            let page = try await store.batchPage(id: "b", index: UInt32(index))
            #expect((page != nil) == (state?.stop?.batchId == "b"))
            if openPage > 0 { #expect((page != nil) == (index < openPage)) }
        }
    }

    @Test("The reserve lets stops through when the disk is full", .timeLimit(.minutes(2)))
    func withReserve() async throws {
        try await withSmallDisk { disk in
            let store = try SQLiteTaskStore(options: options(disk) { $0.ballastBytes = 2 << 20 })
            #expect(FileManager.default.fileExists(atPath: options(disk).path + ".ballast"))
            let (written, codes) = await fill(store)
            #expect(codes == ["full"] && written.count > 20)
            #expect(store.statistics.isLowOnSpace)
            #expect(!FileManager.default.fileExists(atPath: options(disk).path + ".ballast"))
            let id = try #require(written.first)
            let revision = try #require(try await store.state(of: id)).record.revision
            #expect(try await store.apply([sealing(id, expected: revision)]).first?.receipt?.sequence == 1)
            #expect(await code { try await store.apply([large("late")]) } == .full)
            #expect(await code { try await store.saveProgress([id: MigrationProgress()]) } == .full)
            try await grow(disk)
            for _ in 0..<300 where await code({ try await store.apply([large("late")]) }) == .full {
                try await Task.sleep(for: .milliseconds(20))
            }
            #expect(try await store.state(of: "late") != nil)
            #expect(!store.statistics.isLowOnSpace)
            #expect(FileManager.default.fileExists(atPath: options(disk).path + ".ballast"))
            await store.close()
        }
    }
}
