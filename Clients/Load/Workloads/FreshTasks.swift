import Synchronization

/// Prepared tasks, each of which can be stopped once.
final class FreshTasks: Sendable {
    let ids: [String]
    private let taken = Atomic<Int>(0)

    init(_ ids: [String]) {
        self.ids = ids
    }

    /// The next `count` tasks, or nil when there are not so many left.
    func take(_ count: Int) -> ArraySlice<String>? {
        let start = taken.add(count, ordering: .relaxed).oldValue
        guard start >= 0, start + count <= ids.count else { return nil }
        return ids[start..<start + count]
    }
}
