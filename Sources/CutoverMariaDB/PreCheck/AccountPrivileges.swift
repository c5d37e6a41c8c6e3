/// What the account of a connection may do, read from the server's own lists.
///
/// Source: MariaDB Knowledge Base, "Information Schema USER_PRIVILEGES Table" and "SCHEMA_PRIVILEGES Table". An account always sees its
/// own rows there.
struct AccountPrivileges: Sendable {
    private let global: Set<String>
    /// Pattern of the database -> privileges.
    private let schema: [(database: String, privilege: String)]

    static func read(_ connection: MariaDBConnection) async throws -> AccountPrivileges {
        let grantees = """
            CONCAT('''', SUBSTRING_INDEX(CURRENT_USER(), '@', 1), '''@''', SUBSTRING_INDEX(CURRENT_USER(), '@', -1), ''''), \
            CONCAT('''', CURRENT_ROLE(), '''@'''''), CONCAT('''', CURRENT_ROLE(), '''')
            """
        let global = try await connection.query(
            "SELECT privilege_type FROM information_schema.user_privileges WHERE grantee IN (\(grantees))",
            as: "read the account's privileges")
        let schema = try await connection.query(
            "SELECT table_schema, privilege_type FROM information_schema.schema_privileges WHERE grantee IN (\(grantees))",
            as: "read the account's privileges")
        return AccountPrivileges(
            global: Set(global.compactMap { $0[0] }),
            schema: schema.compactMap { row in
                guard let database = row[0], let privilege = row[1] else { return nil }
                return (database, privilege)
            })
    }

    init(global: Set<String>, schema: [(database: String, privilege: String)]) {
        self.global = global
        self.schema = schema
    }

    /// Any of these, for all databases.
    func hasGlobal(_ anyOf: String...) -> Bool { !global.isDisjoint(with: anyOf) }

    /// This one, globally or for the database.
    func has(_ privilege: String, on database: String) -> Bool {
        global.contains(privilege)
            || schema.contains { $0.privilege == privilege && Self.matches(database, pattern: $0.database) }
    }

    /// GRANT's patterns: `%` any text, `_` any character, `\` before either takes it as it is.
    static func matches(_ name: String, pattern: String) -> Bool {
        matches(Array(name)[...], Array(pattern)[...])
    }

    private static func matches(_ name: ArraySlice<Character>, _ pattern: ArraySlice<Character>) -> Bool {
        guard let head = pattern.first else { return name.isEmpty }
        switch head {
        case "%":
            var rest = name
            while true {
                if matches(rest, pattern.dropFirst()) { return true }
                guard !rest.isEmpty else { return false }
                rest = rest.dropFirst()
            }
        case "_": return !name.isEmpty && matches(name.dropFirst(), pattern.dropFirst())
        case "\\":
            guard let literal = pattern.dropFirst().first else { return name == ["\\"] }
            return name.first == literal && matches(name.dropFirst(), pattern.dropFirst(2))
        default: return name.first == head && matches(name.dropFirst(), pattern.dropFirst())
        }
    }
}
