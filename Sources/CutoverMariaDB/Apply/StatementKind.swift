/// What a statement in the binlog is to an applier of row events.
enum StatementKind: Equatable, Sendable {
    case begin
    case commit
    case rollback
    /// SAVEPOINT, ROLLBACK TO, RELEASE SAVEPOINT: run as they are, inside the group.
    case savepoint
    /// A change of schema that is carried over, with the objects it names.
    case ddl(DDLStatement)
    /// Skipped on purpose: triggers and events move at the stop, accounts and maintenance never do.
    case ignored(IgnoredReason)
    /// INSERT, UPDATE, DELETE … logged as text (`binlog_format=STATEMENT`), by its verb.
    case dml(verb: String)
    case xaCommit
    case xaRollback
    case xaOther
    /// Nothing but comments: how the source blanks events out.
    case empty
    /// Anything else, by its first words.
    case unknown(String)

    enum IgnoredReason: Sendable, Equatable { case trigger, event, account, maintenance, temporaryTable }
}

/// A schema change: which kind, and which objects.
struct DDLStatement: Equatable, Sendable {
    /// The verb and object kind in capitals, such as `ALTER TABLE`.
    var kind: String
    var targets: [ObjectName]
    /// The statement exchanges tables, so that running it twice undoes it while every definition stays as it was.
    var isSwap = false
}

/// A schema object; a database is one without ``object``.
struct ObjectName: Hashable, Sendable {
    var database: String
    var object: String?

    var text: String { object.map { "\(database).\($0)" } ?? database }
}
