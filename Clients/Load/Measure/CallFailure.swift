import CutoverClient

/// Why a call failed, as it is counted: the kind of the error, and the server's reason where it gave one.
struct CallFailure: Error, Sendable, Hashable, Codable {
    var status: String
    var reason: String

    init(status: String, reason: String) {
        self.status = status
        self.reason = reason
    }

    init(_ error: CutoverError) {
        self.init(status: error.code.description, reason: error.reason)
    }

    /// A watcher was not told of a stop in time.
    static let notDelivered = CallFailure(status: "not delivered", reason: "NOT_DELIVERED")

    /// Too many calls were in flight until the run was given up.
    static let notSent = CallFailure(status: "not sent", reason: "NOT_SENT")

    var text: String { reason.isEmpty ? status : "\(status) (\(reason))" }
}
