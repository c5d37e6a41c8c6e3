internal import CutoverTasks

/// Makes what stands above the tables: sequences' values, routines, views.
struct SchemaObjects: Sendable {
    let writer: SchemaWriter
    let source: MariaDBConnection

    func copy(_ catalog: SourceCatalog) async throws {
        for sequence in catalog.sequences { try await setValue(of: sequence) }
        // A package before its body: the body does not parse without it.
        for routine in catalog.routines.sorted(by: { $0.type.count < $1.type.count }) { try await create(routine) }
        try await createViews(catalog.views)
    }

    /// The source's counter may have moved since the snapshot; changes that follow move it on.
    private func setValue(of sequence: SourceTable) async throws {
        let row = try await source.query(
            "SELECT next_not_cached_value, cycle_count FROM \(sequence.quoted)", as: "read sequence \(sequence.path)"
        ).first
        guard let next = row?[0], let cycles = row?[1], Int128(next) != nil, UInt64(cycles) != nil else {
            throw ReplicationError(.schemaFailed, "Sequence \(sequence.path) cannot be read at the source.")
        }
        try await writer.alter(
            "DO SETVAL(\(sequence.quoted), \(next), 0, \(cycles))", as: "set sequence \(sequence.path)")
    }

    private func create(_ routine: SourceRoutine) async throws {
        guard let kind = SchemaWriter.Kind(rawValue: routine.type) else {
            throw ReplicationError(.unsupported, "\(routine.database).\(routine.name) is a \(routine.type).")
        }
        let (database, name) = (routine.database, routine.name)
        guard let statement = try await read(kind, database, name) else {
            throw ReplicationError(
                .privilegeMissing,
                "The text of \(routine.type.lowercased()) \(database).\(name) cannot be read at the source.")
        }
        try await writer.create(kind, database: database, name: name) { session in
            try statement.run(session, as: "create \(kind.rawValue.lowercased()) \(database).\(name)")
        }
    }

    private func read(_ kind: SchemaWriter.Kind, _ database: String, _ name: String) async throws -> CreateStatement? {
        try await source.withSession {
            try CreateStatement.read($0, kind: kind.rawValue, database: database, name: name)
        }
    }

    /// Views may stand on views: rounds go on as long as one makes progress.
    private func createViews(_ views: [SourceTable]) async throws {
        var waiting: [(SourceTable, CreateStatement)] = []
        for view in views {
            guard let statement = try await read(.view, view.database, view.name) else {
                throw ReplicationError(
                    .privilegeMissing, "The text of view \(view.path) cannot be read (SHOW VIEW) at the source.")
            }
            if try await isUsable(view) { waiting.append((view, statement)) }
        }
        while !waiting.isEmpty {
            var left: [(SourceTable, CreateStatement)] = []
            var lastError: (any Error)?
            for (view, statement) in waiting {
                do {
                    try await writer.create(.view, database: view.database, name: view.name) { session in
                        try statement.run(session, as: "create view \(view.path)")
                    }
                } catch let error as MariaDBError where error.code == .server && !error.isPrivilege {
                    left.append((view, statement))
                    lastError = error
                }
            }
            if left.count == waiting.count, let lastError { throw lastError }
            waiting = left
        }
    }

    /// A view that is broken at the source (error 1356) cannot be made anywhere; the pre-check names it.
    private func isUsable(_ view: SourceTable) async throws -> Bool {
        do {
            try await source.execute("SELECT 1 FROM \(view.quoted) LIMIT 0", as: "examine view \(view.path)")
            return true
        } catch let error as MariaDBError where error.serverCode == 1356 {
            return false
        }
    }
}
