internal import CutoverModel

/// What the destination has already, to say what is to be done about each object.
struct ObjectJudge: Sendable {
    /// What is to be done.
    enum Verdict: Sendable, Hashable {
        case create
        /// There, and the same.
        case present
        case skip(String)
        case fail(String)
    }

    private let present: [StoredObject.Key: StoredObject]
    /// `user@host`, and `role@` of a role; nil when the account may not read them.
    private let accounts: Set<String>?

    init(present: [StoredObject], accounts: Set<String>?) {
        self.present = Dictionary(present.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
        self.accounts = accounts
    }

    /// Reads triggers and events, and the accounts, of a destination; changes nothing.
    static func read(_ destination: ObjectReader) async throws -> ObjectJudge {
        let present = try await destination.triggers() + destination.events()
        let accounts = try? await destination.connection.query(
            "SELECT CONCAT(user, '@', host) FROM mysql.user", as: "list the accounts")
        try Task.checkCancellation()
        return ObjectJudge(present: present, accounts: accounts.map { Set($0.compactMap { $0[0] }) })
    }

    func has(_ object: StoredObject) -> Bool { present[object.key] != nil }

    func verdict(_ object: StoredObject) -> Verdict {
        if let there = present[object.key] {
            return object.isSame(as: there)
                ? .present : .fail("a different \(object.kind.name.lowercased()) of this name is there")
        }
        if object.isExpired { return .skip("its time has passed") }
        // The server would only warn: a trigger would then refuse every change of its table, an event would fail each time.
        if let accounts, !object.definer.isEmpty, !accounts.contains(object.definer) {
            return .fail(Self.missingDefiner(object) + "; create the account there, then run the SQL")
        }
        return .create
    }

    static func missingDefiner(_ object: StoredObject) -> String {
        "its definer \(object.definer) does not exist at the destination, so it would fail whenever it runs"
    }
}
