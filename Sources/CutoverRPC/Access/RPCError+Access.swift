public import CutoverModel

extension RPCError {
    /// The answer to a caller whose role does not reach so far. Nothing was run, and asking again cannot help.
    public static func roleMissing(_ role: Role, method: String, because why: String = "") -> RPCError {
        let need =
            role == .unspecified
            ? "this method is served to nobody: it declares no role"
            : "this call needs the role \(role.name.lowercased()); ask whoever administers the server for it"
        return RPCError(
            .permissionDenied, why.isEmpty ? need : "\(why); \(need)", reason: Reason.roleMissing,
            details: [
                RPCErrorDetail(key: "role", value: role.name.lowercased()),
                RPCErrorDetail(key: "method", value: method),
            ],
            isNotExecuted: true, retryAfterMs: neverRetry)
    }
}

extension CallContext {
    /// Refuses a call whose content needs more than its method declares.
    /// - Throws: ``RPCError`` with PERMISSION_DENIED and the reason ROLE_MISSING.
    public func require(_ role: Role, because why: String) throws(RPCError) {
        guard permissions.allow(role) else { throw RPCError.roleMissing(role, method: method.name, because: why) }
    }
}
