internal import CutoverModel

/// What a source has to move. The privilege is looked at after the list was read: had it gone before, that shows.
extension ObjectReader {
    func visibleTriggers() async throws -> [StoredObject] {
        let triggers = try await triggers()
        try await requirePrivilege("TRIGGER")
        return triggers
    }

    func visibleEvents() async throws -> [StoredObject] {
        let events = try await events()
        try await requirePrivilege("EVENT")
        return events
    }

    /// All that a forced stop would leave behind.
    func inventory() async throws -> [ObjectOutcome] {
        var outcomes = try await visibleTriggers().map { $0.outcome(.leftBehind) }
        outcomes += try await visibleEvents().map { $0.outcome(.leftBehind) }
        outcomes += try await counters().map { $0.outcome(.leftBehind) }
        return outcomes
    }
}
