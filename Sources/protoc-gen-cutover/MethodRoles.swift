/// The roles that methods declare by `option (role)`: the numbers of the enum Role in cutover/v1/options.proto.
enum MethodRoles {
    private static let names: [UInt64: String] = [
        1: "any", 2: "viewer", 3: "operator", 4: "force", 5: "admin", 6: "reflection",
    ]

    /// The case of the generated Swift enumeration; nil when no method may declare this number.
    static func name(of number: UInt64) -> String? {
        names[number]
    }
}
