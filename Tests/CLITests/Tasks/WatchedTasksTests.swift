import CutoverModel
import Testing

@testable import cutover

@Suite struct WatchedTasksTests {
    private func present(_ id: String) -> WatchEvent {
        WatchEvent(task: MigrationTask(id: id, name: id), taskId: id, kind: .present)
    }

    @Test func aTableIsWholeAtTheEndOfItsListing() {
        var watched = WatchedTasks()
        watched.take(present("a"))
        #expect(watched.isListing)
        watched.take(WatchEvent(revision: 7, kind: .presentEnd))
        #expect(!watched.isListing)
        #expect(watched.entries.map(\.task.id) == ["a"])
    }

    @Test func aListingThatBeginsAnewForgetsWhatWasHeld() {
        var watched = WatchedTasks()
        watched.take(present("a"))
        watched.take(WatchEvent(kind: .relist))
        watched.take(present("b"))
        #expect(watched.entries.map(\.task.id) == ["b"])
    }

    @Test func aDeletedTaskGoes() {
        var watched = WatchedTasks()
        watched.take(present("a"))
        watched.take(WatchEvent(event: TaskEvent(taskId: "a"), taskId: "a", kind: .change))
        #expect(watched.entries.isEmpty)
    }

    @Test func tooManyAreCounted() {
        var watched = WatchedTasks()
        for number in 0..<WatchedTasks.limit + 3 { watched.take(present(String(number))) }
        #expect(watched.entries.count == WatchedTasks.limit)
        #expect(watched.omitted == 3)
    }
}
