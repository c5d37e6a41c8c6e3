/// What the account of a connection may do: its own grants, and those of its active role, of roles granted to that, and of PUBLIC.
///
/// Read with SHOW GRANTS, which an account may always ask about itself. The tables of information_schema leave out what comes by
/// a role when the account may not read the `mysql` database. Source: MariaDB Knowledge Base, "SHOW GRANTS".
struct AccountPrivileges: Sendable {
    private var global: Set<String> = []
    /// Pattern of the database -> privileges.
    private var schema: [(database: String, privilege: String)] = []

    static func read(_ connection: MariaDBConnection) async throws -> AccountPrivileges {
        let rows = try await connection.query("SHOW GRANTS", as: "read the account's privileges")
        return AccountPrivileges(grants: rows.compactMap { $0.bytes(0) })
    }

    /// - Parameter grants: the lines of SHOW GRANTS. What is granted on a table, column or routine is left out.
    init(grants: [[UInt8]]) {
        for grant in grants { take(SQLTokenizer.tokens(grant, limit: 1000)) }
    }

    private mutating func take(_ tokens: [SQLTokenizer.Token]) {
        guard tokens.first == .word("GRANT"), let on = tokens.firstIndex(of: .word("ON")), tokens.count > on + 3,
            tokens[on + 2] == .mark(UInt8(ascii: ".")), tokens[on + 3] == .mark(UInt8(ascii: "*"))
        else { return }
        let privileges = tokens[1..<on].split(separator: .mark(UInt8(ascii: ","))).map { words in
            words.compactMap { if case .word(let word) = $0 { word.uppercased() } else { nil } }.joined(separator: " ")
        }
        switch tokens[on + 1] {
        case .mark(UInt8(ascii: "*")): global.formUnion(privileges)
        case .name(let database), .word(let database): schema += privileges.map { (database, $0) }
        default: break
        }
    }

    private static let all = "ALL PRIVILEGES"

    /// Any of these, for all databases.
    func hasGlobal(_ anyOf: String...) -> Bool { global.contains(Self.all) || !global.isDisjoint(with: anyOf) }

    /// This one, globally or for the database.
    func has(_ privilege: String, on database: String) -> Bool {
        hasGlobal(privilege)
            || schema.contains {
                [privilege, Self.all].contains($0.privilege) && Self.matches(database, pattern: $0.database)
            }
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
