internal import CutoverModel
internal import CutoverTasks

/// Triggers, events and counters.
extension MariaDBWorker {
    func inventory() async throws -> ObjectInventory {
        let scope = self.scope
        let objects = try await perform(.source, .schemaFailed, "inventory") { [self] in
            try await with(.source, role: "inventory") {
                try await ObjectReader(connection: $0, scope: scope).inventory()
            }
        }
        return ObjectInventory(atMs: WallClock.nowMs, objects: objects)
    }

    func previewObjects() async throws -> [ObjectOutcome] {
        let scope = self.scope
        return try await perform(nil, .schemaFailed, "preview objects") { [self] in
            try await with(.source, role: "preview") { source in
                try await with(.destination, role: "preview") { destination in
                    try await ObjectMover.preview(
                        from: ObjectReader(connection: source, scope: scope),
                        at: ObjectReader(connection: destination, scope: scope))
                }
            }
        }
    }

    func moveTriggers() async throws -> [ObjectOutcome] {
        try await move("triggers") { try await $0.moveTriggers(from: $1) }
    }

    func moveEvents() async throws -> [ObjectOutcome] {
        try await move("events") { try await $0.moveEvents(from: $1) }
    }

    private func move(
        _ what: String, _ body: @escaping @Sendable (ObjectMover, ObjectReader) async throws -> [ObjectOutcome]
    ) async throws -> [ObjectOutcome] {
        try await perform(nil, .schemaFailed, "move \(what)") { [self] in
            try await with(.source, role: what) { source in
                let destination = try await self.at(.destination) {
                    try await self.worker.openWriter(role: what, options: SchemaWriter.options)
                }
                let mover = ObjectMover(
                    destination: ObjectReader(connection: destination, scope: self.scope), fence: self.fence,
                    authority: .owner)
                do {
                    let outcomes = try await body(mover, ObjectReader(connection: source, scope: self.scope))
                    await self.worker.release(destination)
                    return outcomes
                } catch {
                    destination.cancel()
                    await self.worker.release(destination)
                    throw error
                }
            }
        }
    }

    func finishResidue(_ objects: [ObjectOutcome]) async throws -> [ObjectOutcome] {
        let fence = self.fence
        return try await perform(.destination, .schemaFailed, "finish residue") { [self] in
            try await with(.destination, role: "residue", options: SchemaWriter.options) {
                try await ObjectResidue(destination: $0, fence: fence, objects: objects).finish(objects)
            }
        }
    }
}
