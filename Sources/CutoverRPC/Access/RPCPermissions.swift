public import CutoverModel

/// What a caller may do: one role, which includes those below it, and beside it the permission to reflect.
///
/// The order of the roles is viewer, operator, force, admin; admin includes reflection (PROTOCOL.md, "Roles").
public struct RPCPermissions: Sendable, Hashable {
    /// The caller's role; `.any` for one that is known and nothing more.
    public let role: Role
    /// Whether the caller may ask which services and methods there are.
    public let mayReflect: Bool

    public init(role: Role, mayReflect: Bool = false) {
        self.role = role
        self.mayReflect = mayReflect || role == .admin
    }

    /// Everything: what each caller has where nobody is asked who they are.
    public static let all = RPCPermissions(role: .admin)
    /// Nothing at all.
    public static let none = RPCPermissions(role: .unspecified)

    /// Whether a method that needs `role` may be called. Never for a method that declares none, or one not known here.
    public func allow(_ role: Role) -> Bool {
        switch role {
        case .unspecified, .unrecognized: false
        case .reflection: mayReflect
        case .any, .viewer, .operator, .force, .admin: Self.rank(self.role) >= Self.rank(role)
        }
    }

    private static func rank(_ role: Role) -> Int {
        switch role {
        case .unspecified, .unrecognized: 0
        case .any, .reflection: 1
        case .viewer: 2
        case .operator: 3
        case .force: 4
        case .admin: 5
        }
    }
}
