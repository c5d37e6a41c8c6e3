import CutoverTasks

/// Text as SQLite binds it: it ends at its first NUL, so that two ids that differ after one would be the same row.
enum StoredText {
    /// False for an id that would find another row than its own.
    static func isKey(_ id: String) -> Bool { !id.utf8.contains(0) }

    /// - Throws: `.failed` when one of them cannot be stored whole.
    static func check(_ texts: [String]) throws {
        guard texts.allSatisfy(isKey) else {
            throw TaskStoreError(.failed, "a name, id or label of a write holds a NUL character")
        }
    }
}
