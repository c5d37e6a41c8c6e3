import CutoverLocking
import CutoverModel
import CutoverRPC
import struct Synchronization.Atomic

/// Knows callers by the text of their credentials: `role`, or by their certificates. Can be told to know nobody any more.
final class TestAuthenticator: RPCAuthenticator {
    let isRequired = true
    let isClosed = Atomic<Bool>(false)
    /// What was asked, in order.
    let asked = Mutex<[RPCAuthenticationRequest]>([])

    static let roles: [String: RPCPermissions] = [
        "any": RPCPermissions(role: .any), "viewer": RPCPermissions(role: .viewer),
        "operator": RPCPermissions(role: .operator), "force": RPCPermissions(role: .force),
        "admin": RPCPermissions(role: .admin), "reflection": RPCPermissions(role: .any, mayReflect: true),
    ]

    func authenticate(_ request: RPCAuthenticationRequest) throws -> RPCCaller {
        asked.withLock { $0.append(request) }
        let isValid: @Sendable () -> Bool = { [self] in !isClosed.load(ordering: .relaxed) }
        if let credentials = request.credentials {
            let name = String(decoding: credentials, as: UTF8.self)
            guard let permissions = Self.roles[name] else { throw RPCAccessDenied() }
            return RPCCaller(identity: name, permissions: permissions, isStillValid: isValid)
        }
        guard let certificate = request.certificate else { throw RPCAccessDenied() }
        return RPCCaller(
            identity: certificate.identity, permissions: RPCPermissions(role: .viewer), isStillValid: isValid)
    }
}
