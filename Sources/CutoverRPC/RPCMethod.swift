public import CutoverModel

/// One method of a service: its name, its number on the wire, and how it is called.
public struct RPCMethod: Sendable, Hashable {
    /// How a method answers.
    public enum Kind: Sendable, Hashable {
        /// One message.
        case unary
        /// Any number of messages, then the end.
        case serverStream
    }

    /// `package.Service/Method`, such as `cutover.v1.StopService/StopTask`.
    public let name: String
    /// FNV-1a-32 of ``name``, or a reserved number from 1 to 1023 (PROTOCOL.md, "Methods").
    public let id: UInt32
    public let kind: Kind
    /// Whether a client may send the call again when it does not know what became of it.
    public let isIdempotent: Bool
    /// Whether a call changes nothing, so that a client may send it twice at once (PROTOCOL.md, HEDGE-1).
    public let hasNoSideEffects: Bool
    /// What a caller must be allowed to do. With `.unspecified`, and with a role this version does not know, the method
    /// is served to nobody.
    public let role: Role

    public init(
        name: String, id: UInt32, kind: Kind, isIdempotent: Bool, hasNoSideEffects: Bool = false,
        role: Role = .unspecified
    ) {
        self.name = name
        self.id = id
        self.kind = kind
        self.isIdempotent = isIdempotent
        self.hasNoSideEffects = hasNoSideEffects
        self.role = role
    }

    public static func == (left: RPCMethod, right: RPCMethod) -> Bool {
        left.id == right.id && left.name == right.name
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(id)
    }
}
