internal import CutoverModel
internal import CutoverRPC

/// A role as it is written in the access file and given on the command line.
public enum AccessRole: String, Sendable, Hashable, Codable, CaseIterable {
    /// Read, watch and plan.
    case viewer
    /// Also create, configure, start, pause, resume and stop tasks.
    case `operator`
    /// Also stop by force.
    case force
    /// Also delete tasks, finish residue, read the audit log and reflect.
    case admin

    func permissions(mayReflect: Bool) -> RPCPermissions {
        let role: Role =
            switch self {
            case .viewer: .viewer
            case .operator: .operator
            case .force: .force
            case .admin: .admin
            }
        return RPCPermissions(role: role, mayReflect: mayReflect)
    }
}
