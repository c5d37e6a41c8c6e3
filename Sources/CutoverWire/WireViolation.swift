/// A peer's breach of the protocol that ends the connection (PROTOCOL.md, "Violations").
///
/// The text is fixed at compile time: nothing a peer sent can reach a log or a GOAWAY through it.
public struct WireViolation: Error, Sendable {
    /// What GOAWAY reports.
    public let reason: GoAwayReason
    /// What was wrong, for people.
    public let text: StaticString

    @inlinable
    public init(_ reason: GoAwayReason, _ text: StaticString) {
        self.reason = reason
        self.text = text
    }
}

extension WireViolation: Equatable, CustomStringConvertible {
    public static func == (left: WireViolation, right: WireViolation) -> Bool {
        left.reason == right.reason && left.text.description == right.text.description
    }

    public var description: String { text.description }
}
