import CutoverModel
import CutoverRPC
import Testing

@Suite struct RPCPermissionsTests {
    /// Which needs each role meets: the table of the specification.
    static let table: [(held: Role, met: [Role])] = [
        (.unspecified, []), (.unrecognized(99), []),
        (.any, [.any]), (.viewer, [.any, .viewer]), (.operator, [.any, .viewer, .operator]),
        (.force, [.any, .viewer, .operator, .force]),
        (.admin, [.any, .viewer, .operator, .force, .admin, .reflection]),
    ]

    @Test(arguments: table)
    func eachRoleIncludesThoseBelowIt(held: Role, met: [Role]) {
        let permissions = RPCPermissions(role: held)
        for need in Role.allKnown + [.unrecognized(99), .unrecognized(3_000)] {
            #expect(permissions.allow(need) == met.contains(need), "\(held.name) for \(need.name)")
        }
    }

    @Test func reflectionIsBesideTheRoles() {
        for role in [Role.any, .viewer, .operator, .force] {
            #expect(!RPCPermissions(role: role).allow(.reflection))
            let reflecting = RPCPermissions(role: role, mayReflect: true)
            #expect(reflecting.allow(.reflection))
            #expect(!reflecting.allow(.admin) && reflecting.allow(.any))
        }
    }

    @Test func whatDeclaresNoRoleIsForNobody() {
        for permissions in [RPCPermissions.all, .none, RPCPermissions(role: .admin, mayReflect: true)] {
            #expect(!permissions.allow(.unspecified) && !permissions.allow(.unrecognized(7)))
        }
        #expect(RPCMethod(name: "a.B/C", id: 5_000, kind: .unary, isIdempotent: true).role == .unspecified)
    }
}
